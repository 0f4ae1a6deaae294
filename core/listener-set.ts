// The listeners of the gateway across revisions: opens what is new, drains what is gone, leaves the rest alone.
import { isDeepStrictEqual } from 'node:util';
import type { ListenerConfig } from './config/model.js';
import type { ConfigRevision } from './config/source.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { buildListener } from './listener/build-listener.js';
import type { ExchangeHandler, Listener } from './listener/listener.js';
import type { SharedPorts } from './seat.js';
import type { ServerTls } from './tls/server-tls.js';

interface Open {
  config: ListenerConfig;
  readonly listener: Listener;
  /** What it shows and asks for; null takes clear text. */
  tls: ServerTls | null;
}

/** What a revision says of listeners. */
export type ListenerParts = Pick<ConfigRevision, 'tls'> & {
  readonly config: Pick<ConfigRevision['config'], 'listeners'>;
};

export class ListenerSet {
  readonly #handler: ExchangeHandler;
  readonly #opened: (name: string, engine: string, reason: string) => void;
  readonly #shared: SharedPorts | null;
  #open: Open[] = [];

  /**
   * @param opened is told which engine a listener got, and why
   * @param shared where other processes open the same addresses; null where none does
   */
  constructor(
    handler: ExchangeHandler,
    opened: (name: string, engine: string, reason: string) => void,
    shared: SharedPorts | null,
  ) {
    this.#handler = handler;
    this.#opened = opened;
    this.#shared = shared;
  }

  /** Ports that are bound, by name of the listener. */
  ports(): Map<string, number> {
    return new Map(this.#open.map(({ config, listener }) => [config.name, listener.port]));
  }

  /**
   * Opens the listeners that a revision adds, and has those that stay show its certificates. Those of before still accept.
   * @throws ConfigErrors SLUICE_LISTEN_*, SLUICE_CONFIG_IMMUTABLE; then none of the new ones is open, and the others are
   * as they were
   */
  async open({ config: { listeners }, tls: materials }: ListenerParts): Promise<void> {
    const added: Open[] = [];
    const undo: (() => void)[] = [];
    try {
      for (const config of listeners) {
        const tls = materials.listener(config.name);
        const open = this.#open.find((other) => isSame(other.config, config));
        if (open !== undefined) undo.push(turnTo(open, config, tls));
        else {
          this.#refuseTakeover(config);
          added.push(await this.#openOne(config, tls));
        }
      }
    } catch (cause) {
      for (const open of added) this.#close(open);
      for (const back of undo) back();
      throw cause instanceof ConfigErrors ? cause : new ConfigErrors([GatewayError.from(cause)]);
    }
    this.#open.push(...added);
  }

  /** Drains the listeners that `configs` no longer has, and cuts what is left of them after `drainMs`. */
  retain(configs: readonly ListenerConfig[], drainMs: number): void {
    const gone = this.#open.filter(({ config }) => !configs.some((other) => isSame(other, config)));
    this.#open = this.#open.filter((open) => !gone.includes(open));
    for (const { config, listener } of gone) {
      listener.drain();
      this.#shared?.release(config);
      setTimeout(() => listener.close(), drainMs).unref();
    }
  }

  /** Accepts no new connection on any listener. */
  drain(): void {
    for (const { listener } of this.#open) listener.drain();
  }

  /** Cuts whatever is left. */
  close(): void {
    for (const open of this.#open) this.#close(open);
    this.#open = [];
  }

  #close({ config, listener }: Open): void {
    listener.close();
    this.#shared?.release(config);
  }

  async #openOne(config: ListenerConfig, tls: ServerTls | null): Promise<Open> {
    const { hsts: _, redirectToHttps: __, ...options } = config;
    const built = await buildListener({ ...options, tls, sharesPort: this.#shared !== null });
    await this.#shared?.claim(config);
    try {
      await built.listener.listen(this.#handler);
    } catch (cause) {
      this.#shared?.release(config);
      throw cause;
    }
    this.#opened(config.name, built.engine, built.reason);
    return { config, listener: built.listener, tls };
  }

  /** An address is bound exclusively, so a listener cannot be replaced by another one on the same address. */
  #refuseTakeover(config: ListenerConfig): void {
    if (config.port === 0) return;
    const holder = this.#open.find(
      ({ config: other }) => other.host === config.host && other.port === config.port,
    );
    if (holder === undefined) return;
    throw new GatewayError(
      'SLUICE_CONFIG_IMMUTABLE',
      `listeners: ${config.name} wants ${config.host}:${config.port}, which ${holder.config.name} has with other settings`,
    );
  }
}

/** @returns how to turn it back */
function turnTo(open: Open, config: ListenerConfig, tls: ServerTls | null): () => void {
  const { config: before, tls: shown, listener } = open;
  if (shown !== null && tls !== null && shown.digest !== tls.digest) {
    listener.updateTls(tls);
    open.tls = tls;
  }
  listener.trustProxies(config.trustedProxies);
  open.config = config;
  return () => {
    if (open.tls !== shown) listener.updateTls(shown!);
    open.tls = shown;
    listener.trustProxies(before.trustedProxies);
    open.config = before;
  };
}

/** True when one listener does for both: whom it trusts and what it shows can change while it is open. */
function isSame(a: ListenerConfig, b: ListenerConfig): boolean {
  return isDeepStrictEqual(socketOf(a), socketOf(b));
}

function socketOf({
  tls,
  hsts: _,
  redirectToHttps: __,
  trustedProxies: ___,
  ...socket
}: ListenerConfig): object {
  return { ...socket, isSecure: tls !== null };
}
