// One gateway process of a set: it runs as its supervisor says, and drains and ends when that is gone.
import cluster from 'node:cluster';
import type { ConfigSource } from '../config/source.js';
import { ConfigErrors, GatewayError } from '../errors.js';
import { Gateway } from '../gateway.js';
import type { GatewaySources, Seat, SharedAddress } from '../seat.js';
import type { FilterReport } from './filter-health.js';
import { Link } from './link.js';
import type { ProcessQuestions, StartFailure, StopOrder, SupervisorQuestions } from './messages.js';
import type { Place } from './place.js';
import { Pulse } from './pulse.js';
import { RemoteDesk } from './remote-desk.js';

/**
 * Serves until the supervisor says `stop` or is gone, or SIGTERM comes; a second SIGTERM ends it at once. SIGINT and SIGHUP,
 * which a terminal sends to every process, are the supervisor's to act on.
 * @throws what `Gateway.start` does
 */
export async function runMember(place: Place, openSource: () => ConfigSource): Promise<void> {
  const member = new Member(place);
  try {
    await member.run(openSource());
  } finally {
    if (process.connected) process.disconnect();
  }
}

class Member {
  readonly #place: Place;
  readonly #link: Link<ProcessQuestions, SupervisorQuestions>;
  readonly #pulse: Pulse;
  #sources: GatewaySources | null = null;
  #gateway: Gateway | null = null;
  #serves = false;
  #order: (order: StopOrder) => void = () => undefined;
  /** How it is to stop, once it is. */
  readonly #stopped = new Promise<StopOrder>((resolve) => {
    this.#order = resolve;
  });

  constructor(place: Place) {
    this.#place = place;
    this.#link = new Link<ProcessQuestions, SupervisorQuestions>(cluster.worker!.process, {
      readiness: () => this.#asked().readiness(),
      metrics: () => this.#asked().metricValues(),
      config: () => this.#asked().config(),
      filters: () => this.#asked().filters() as readonly FilterReport[],
      declared: (routes) => routes.filter((route) => this.#asked().declares(route)),
      rollBack: (breach) => {
        this.#gateway?.rollBack(breach);
        return null;
      },
      stop: (order) => {
        this.#order(order);
        return this.#gateway?.drainMs ?? 0;
      },
    });
    this.#pulse = new Pulse({
      counted: () => (this.#serves ? this.#asked().counted() : null),
      tell: (counted) => this.#tell('pulse', counted),
    });
    this.#listen();
  }

  async run(source: ConfigSource): Promise<void> {
    const { index, count } = this.#place;
    const seat: Seat = {
      index,
      count,
      ports: {
        claim: (address) => this.#claim(address),
        release: ({ name, host, port }) => this.#tell('release', { name, host, port }),
      },
      openDesk: (sources) => {
        this.#sources = sources;
        return new RemoteDesk(this.#link);
      },
      rolledBack: (breach) => this.#tell('rolledBack', breach),
    };
    let gateway: Gateway;
    try {
      gateway = await Gateway.start({ source, seat });
    } catch (cause) {
      await this.#link.ask('failed', describeFailure(cause)).catch(() => undefined);
      throw cause;
    }
    gateway.outliveBugs();
    this.#gateway = gateway;
    this.#serves = true;
    const { revision, drainMs, logLevel } = gateway;
    this.#tell('serving', { revision, drainMs, logLevel, ports: Object.fromEntries(gateway.ports) });
    const { lingerMs } = await this.#stopped;
    await gateway.stop({ lingerMs, drained: () => this.#sayFarewell() });
  }

  #listen(): void {
    process.on('message', (message) => this.#link.receive(message as never));
    // Node would end this process with what is under way.
    cluster.worker!.exitedAfterDisconnect = true;
    process.on('disconnect', () => {
      this.#pulse.stop();
      this.#link.close();
      this.#order({ lingerMs: 0 });
    });
    let terms = 0;
    process.on('SIGTERM', () => {
      if (++terms > 1) process.exit(1);
      this.#order({ lingerMs: 0 });
    });
    process.on('SIGINT', () => undefined);
    process.on('SIGHUP', () => undefined);
  }

  async #claim({ name, host, port }: SharedAddress): Promise<void> {
    if (port === 0) {
      throw new GatewayError(
        'SLUICE_LISTEN_ADDRESS',
        `listener ${name}: found port 0 in ${host}:0, expected a port that all ${this.#place.count} processes can share (--processes)`,
      );
    }
    await this.#link.ask('claim', { name, host, port });
  }

  async #sayFarewell(): Promise<void> {
    this.#serves = false;
    await this.#link.ask('farewell', await this.#asked().metricValues()).catch(() => undefined);
  }

  /** Nobody waits for the answer. */
  #tell<Name extends keyof ProcessQuestions>(name: Name, value: ProcessQuestions[Name]['value']): void {
    this.#link.ask(name, value).catch(() => undefined);
  }

  #asked(): GatewaySources {
    if (this.#sources === null) throw new Error('the process starts yet');
    return this.#sources;
  }
}

function describeFailure(cause: unknown): StartFailure {
  const error = cause instanceof ConfigErrors ? cause.errors[0] : cause;
  const code = error instanceof GatewayError ? error.code : null;
  return { code, message: cause instanceof Error ? cause.message : String(cause) };
}
