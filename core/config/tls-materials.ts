// What secures the connections of a revision, read from the files and secrets that the configuration names, apart from it:
// that is logged, shown and compared, and keeps the names.
import { inspect } from 'node:util';
import type { ClientTls } from '../tls/client-tls.js';
import type { ServerTls } from '../tls/server-tls.js';

/** As it travels between threads. */
export interface TlsParts {
  /** By name. */
  readonly listeners: ReadonlyMap<string, ServerTls>;
  readonly upstreams: ReadonlyMap<string, ClientTls>;
  readonly admin: ServerTls | null;
}

const HIDDEN = '[tls]';

export class TlsMaterials {
  static readonly NONE = new TlsMaterials({ listeners: new Map(), upstreams: new Map(), admin: null });
  readonly #parts: TlsParts;

  constructor(parts: TlsParts) {
    this.#parts = parts;
  }

  /** Null for one that takes clear text. */
  listener(name: string): ServerTls | null {
    return this.#parts.listeners.get(name) ?? null;
  }

  /** Null for one that says nothing of TLS: then it is as the defaults say. */
  upstream(name: string): ClientTls | null {
    return this.#parts.upstreams.get(name) ?? null;
  }

  get admin(): ServerTls | null {
    return this.#parts.admin;
  }

  /** Holds keys. */
  get parts(): TlsParts {
    return this.#parts;
  }

  toJSON(): string {
    return HIDDEN;
  }

  toString(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
