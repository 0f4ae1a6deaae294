// Several gateway processes that share their ports, run as one: started, started again, replaced in turn, drained. No
// connection goes through here; what operators ask is answered for all.
import cluster from 'node:cluster';
import { isDeepStrictEqual } from 'node:util';
import { AdminListener, type AdminSetup } from '../admin-listener.js';
import { GatewayError } from '../errors.js';
import type { Breach } from '../rollout-watch.js';
import { AdminServer } from '../telemetry/admin-server.js';
import { createLog, type Log, type LogLevel } from '../telemetry/log.js';
import { LogDestination } from '../telemetry/log-destination.js';
import { PortClaims } from './port-claims.js';
import { ProcessSlot, reasonOf, wordsOf } from './process-slot.js';
import { type SetCondition, SetReport } from './set-report.js';
import { type Desk, type ProcessEnd, SupervisedProcess } from './supervised-process.js';
import { Watchdog } from './watchdog.js';

export interface SupervisorOptions {
  /** How many processes, at least two. */
  readonly count: number;
  /** What each of them runs, with `runMember` in it. */
  readonly program: string;
  readonly args: readonly string[];
}

/** An idle connection that is about to send has so long to learn that another process serves now. */
const LINGER_MS = 2_000;

/** The first process ended before it served, and has said why. */
export class FailedStart {
  readonly exitCode: number;

  constructor(exitCode: number) {
    this.exitCode = exitCode;
  }
}

export class Supervisor {
  readonly #slots: readonly ProcessSlot[];
  readonly #condition: SetCondition = {
    isStarting: true,
    isDraining: false,
    restarts: 0,
    hangs: 0,
    reloads: { replaced: 0, stopped: 0 },
    reloadFault: null,
    leftOut: null,
  };
  readonly #claims = new PortClaims<SupervisedProcess>();
  readonly #watchdog: Watchdog;
  readonly #report: SetReport;
  readonly #admin: AdminListener;
  readonly #destination = new LogDestination({ isShared: true });
  #logLevel: LogLevel = 'info';
  #log: Log;
  /** Of what is open; undefined before the first process has said it. */
  #setup: AdminSetup | null | undefined;
  #reload: Promise<void> | null = null;
  #isReloadDue = false;
  #hasServed = false;

  /**
   * Starts the first process alone, then all others at once, and opens the admin listener when the first one asks for it. Of
   * the others one that cannot start is tried again and again, while those serve that can.
   * @returns FailedStart when the first one could not start; then nothing is left running
   * @throws GatewayError SLUICE_PROCESS_ENDED when it was ended by a signal before it served; likewise
   */
  static async start(options: SupervisorOptions): Promise<Supervisor | FailedStart> {
    const supervisor = new Supervisor(options);
    const end = await supervisor.#start();
    if (end === null) return supervisor;
    await supervisor.stop();
    if (end.code !== null) return new FailedStart(end.code);
    throw new GatewayError(
      'SLUICE_PROCESS_ENDED',
      `a gateway process ended with ${wordsOf(end)} before it served`,
    );
  }

  private constructor({ count, program, args }: SupervisorOptions) {
    // Each process accepts its connections itself.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ exec: program, args: [...args], serialization: 'advanced' });
    this.#log = createLog({ level: this.#logLevel, destination: this.#destination });
    this.#slots = Array.from({ length: count }, (_, at) => this.#buildSlot(at + 1, count));
    this.#watchdog = new Watchdog(this.#slots, (process, silentMs) => this.#endHung(process, silentMs));
    this.#report = new SetReport(this.#slots, this.#condition, (error) =>
      this.#log.error({ error }, 'the admin listener failed'),
    );
    this.#admin = new AdminListener(new AdminServer(this.#report));
  }

  /**
   * Replaces the processes in turn: a fresh one starts with the configuration as it is now, and once it serves, the one before it
   * drains. Stops at the first that cannot start; those that are left go on.
   */
  reload(): Promise<void> {
    this.#isReloadDue = true;
    this.#reload ??= this.#reloadWhileDue();
    return this.#reload;
  }

  /** Has all processes drain, and waits for them. */
  async stop(): Promise<void> {
    this.#condition.isDraining = true;
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    await this.#reload;
    this.#watchdog.close();
    await this.#admin.close();
    if (this.#hasServed) this.#log.info({}, 'all processes stopped');
    await this.#destination.close();
  }

  /** Has it outlive what nobody catches, as a gateway does: all processes would end with it. */
  outliveBugs(): void {
    process.on('uncaughtException', (bug) => {
      this.#log.error(
        { error: GatewayError.from(bug) },
        'nobody caught a bug of the supervisor, which goes on',
      );
    });
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const slot of this.#slots) slot.kill();
  }

  /** @returns how the first process ended, where it could not start; null when it serves */
  async #start(): Promise<ProcessEnd | null> {
    const [first, ...others] = this.#slots;
    const outcome = await first!.replace(0);
    if (outcome.kind === 'ended') return outcome.end;
    await Promise.all(others.map((slot) => slot.begin()));
    this.#condition.isStarting = false;
    this.#follow(first!.current);
    this.#hasServed = true;
    const { revision, ports } = first!.current?.report ?? { revision: '', ports: {} };
    const processes = this.#slots.length;
    this.#log.info({ revision, listeners: ports, admin: this.#admin.port, processes }, 'serving');
    return null;
  }

  async #reloadWhileDue(): Promise<void> {
    while (this.#isReloadDue) {
      this.#isReloadDue = false;
      await this.#replaceAll();
    }
    this.#reload = null;
  }

  async #replaceAll(): Promise<void> {
    const { reloads } = this.#condition;
    for (const slot of this.#slots) {
      const outcome = await slot.replace(LINGER_MS);
      if (this.#condition.isDraining) return;
      if (outcome.kind === 'ended') {
        const reason = reasonOf(outcome);
        reloads.stopped += 1;
        this.#condition.reloadFault = `the last reload stopped, as process ${slot.index} could not be replaced: ${reason}`;
        this.#log.error(
          { process: slot.index, code: outcome.failure?.code ?? undefined },
          `the reload stopped, what runs goes on: a fresh process could not start: ${reason}`,
        );
        return;
      }
      this.#follow(slot.current);
      this.#log.info({ process: slot.index, pid: slot.current?.pid }, 'process replaced');
    }
    reloads.replaced += 1;
    this.#condition.reloadFault = null;
    this.#log.info({ processes: this.#slots.length }, 'all processes replaced');
  }

  #buildSlot(index: number, count: number): ProcessSlot {
    const spawn = (): SupervisedProcess =>
      new SupervisedProcess({ index, count }, (process) => this.#deskOf(process));
    return new ProcessSlot(index, spawn, {
      lost: (process, { code, signal }, backoffMs) => {
        this.#condition.restarts += 1;
        const { pid } = process;
        this.#log.error(
          { process: index, pid, exitCode: code, signal, backoffMs },
          'a process ended and is started again',
        );
      },
      notStarted: (_, reason, backoffMs) =>
        this.#log.error({ process: index, backoffMs }, `a process cannot be started: ${reason}`),
      restarted: (process) => {
        this.#follow(process);
        this.#log.info({ process: index, pid: process.pid }, 'process started again');
      },
      gone: (process) => {
        this.#claims.releaseAll(process);
        this.#report.gone(process);
      },
    });
  }

  #endHung(process: SupervisedProcess, silentMs: number): void {
    this.#condition.hangs += 1;
    const { index, pid } = process;
    this.#log.error({ process: index, pid, silentMs }, 'a process does not answer any more and is ended');
    process.kill();
  }

  /** What one process found out about a revision counts for all. */
  #rollBackOthers(teller: SupervisedProcess, { revision, reason }: Breach): void {
    const breach = { revision, reason: `${reason}, in process ${teller.index}` };
    for (const slot of this.#slots)
      for (const process of slot.alive) if (process !== teller) process.rollBack(breach);
  }

  #deskOf(process: SupervisedProcess): Desk {
    return {
      claim: async (address) => {
        await this.#claims.claim(process, address);
        return null;
      },
      release: (address) => {
        this.#claims.release(process, address);
        return null;
      },
      rolledBack: (breach) => {
        this.#rollBackOthers(process, breach);
        return null;
      },
      openAdmin: (setup) => this.#openAdmin(setup),
      updateAdmin: (setup) => {
        try {
          this.#updateAdmin(setup);
        } catch (error) {
          this.#log.error({ error }, 'the admin listener goes on with the certificates and the token it has');
        }
        return null;
      },
    };
  }

  async #openAdmin(setup: AdminSetup | null): Promise<number> {
    if (this.#setup === undefined) {
      await this.#admin.open(setup);
      this.#setup = setup;
    } else {
      this.#updateAdmin(setup);
    }
    return this.#admin.port;
  }

  #updateAdmin(setup: AdminSetup | null): void {
    if (isDeepStrictEqual(socketOf(setup), socketOf(this.#setup ?? null))) {
      this.#condition.leftOut = null;
      this.#admin.update(setup);
      return;
    }
    if (this.#condition.leftOut !== null) return;
    this.#condition.leftOut =
      'the admin listener stays as it is: `admin` changes only with a restart of the gateway';
    this.#log.warn({}, this.#condition.leftOut);
  }

  /** The log says as much as the configuration of the newest process asks for. */
  #follow(process: SupervisedProcess | null): void {
    const level = process?.report?.logLevel ?? this.#logLevel;
    if (level === this.#logLevel) return;
    this.#logLevel = level;
    this.#log = createLog({ level, destination: this.#destination });
  }
}

/** What of a setup cannot change while the listener is open. */
function socketOf(setup: AdminSetup | null): unknown {
  return setup && { host: setup.host, port: setup.port, isSecure: setup.tls !== null };
}
