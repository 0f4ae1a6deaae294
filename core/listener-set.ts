// The listeners of the gateway across revisions: opens what is new, drains what is gone, leaves the rest alone.
import { isDeepStrictEqual } from 'node:util';
import type { ListenerConfig } from './config/model.js';
import { ConfigErrors, GatewayError } from './errors.js';
import type { ExchangeHandler, Listener } from './listener/listener.js';
import { UwsListener } from './listener/uws-listener.js';

interface Open {
  readonly config: ListenerConfig;
  readonly listener: Listener;
}

export class ListenerSet {
  readonly #handler: ExchangeHandler;
  #open: Open[] = [];

  constructor(handler: ExchangeHandler) {
    this.#handler = handler;
  }

  /** Ports that are bound, by name of the listener. */
  ports(): Map<string, number> {
    return new Map(this.#open.map(({ config, listener }) => [config.name, listener.port]));
  }

  /**
   * Opens the listeners that `configs` adds. Those of before still accept.
   * @throws ConfigErrors SLUICE_LISTEN_ADDRESS, SLUICE_CONFIG_IMMUTABLE; then none of the new ones is open
   */
  async open(configs: readonly ListenerConfig[]): Promise<void> {
    const added: Open[] = [];
    try {
      for (const config of configs) {
        if (this.#open.some((other) => isSame(other.config, config))) continue;
        this.#refuseTakeover(config);
        const { name, host, port, idleMs, trustedProxies } = config;
        const listener = new UwsListener({ name, host, port, idleMs, trustedProxies });
        await listener.listen(this.#handler);
        added.push({ config, listener });
      }
    } catch (cause) {
      for (const { listener } of added) listener.close();
      throw cause instanceof ConfigErrors ? cause : new ConfigErrors([GatewayError.from(cause)]);
    }
    this.#open.push(...added);
  }

  /** Drains the listeners that `configs` no longer has, and cuts what is left of them after `drainMs`. */
  retain(configs: readonly ListenerConfig[], drainMs: number): void {
    const gone = this.#open.filter(({ config }) => !configs.some((other) => isSame(other, config)));
    this.#open = this.#open.filter((open) => !gone.includes(open));
    for (const { listener } of gone) {
      listener.drain();
      setTimeout(() => listener.close(), drainMs).unref();
    }
  }

  /** Accepts no new connection on any listener. */
  drain(): void {
    for (const { listener } of this.#open) listener.drain();
  }

  /** Cuts whatever is left. */
  close(): void {
    for (const { listener } of this.#open) listener.close();
    this.#open = [];
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

function isSame(a: ListenerConfig, b: ListenerConfig): boolean {
  return (
    a.name === b.name &&
    a.host === b.host &&
    a.port === b.port &&
    a.engine === b.engine &&
    a.idleMs === b.idleMs &&
    isDeepStrictEqual(a.trustedProxies, b.trustedProxies)
  );
}
