// One revision of the configuration, built: modules loaded into the workers, upstreams, routes. Frozen once built;
// an exchange holds it from its beginning to its end.
import type { ConfigRevision } from './config/source.js';
import type { Route } from './route.js';
import type { Router } from './router/router.js';
import type { SecretScanner } from './secrets/secret-scanner.js';
import { buildTransports, type Transport } from './transport.js';
import type { FilterSpec } from './wasm/instance.js';

/** What the parts of a build took, in milliseconds. */
export interface BuildTimes {
  /** Modules and configs checked, filters loaded. */
  readonly filters: number;
  /** Upstreams and the router. */
  readonly routes: number;
}

/** Lives until it was retired and its last exchange ended; then what it holds is released. */
export class Snapshot {
  readonly revision: string;
  readonly source: ConfigRevision;
  readonly router: Router<Route>;
  /** In the order of the config. */
  readonly filters: readonly FilterSpec[];
  /** Finds the secrets of the revision; null where nobody asked for it. */
  readonly scanner: SecretScanner | null;
  /** Null when no listener asks for anything. */
  readonly transports: ReadonlyMap<string, Transport> | null;
  readonly tookMs: BuildTimes;
  readonly #dispose: () => void;
  #exchanges = 0;
  #retired = false;

  /** @param dispose runs once, after the snapshot was retired and its last exchange ended */
  constructor(
    source: ConfigRevision,
    router: Router<Route>,
    filters: readonly FilterSpec[],
    scanner: SecretScanner | null,
    tookMs: BuildTimes,
    dispose: () => void,
  ) {
    this.revision = source.id;
    this.source = source;
    this.router = router;
    this.filters = filters;
    this.scanner = scanner;
    this.transports = buildTransports(source.config.listeners);
    this.tookMs = tookMs;
    this.#dispose = dispose;
  }

  /** An exchange starts on this revision. */
  acquire(): void {
    this.#exchanges += 1;
  }

  /** That exchange ended. */
  release(): void {
    this.#exchanges -= 1;
    if (this.#retired && this.#exchanges === 0) this.#dispose();
  }

  /** No exchange starts on this revision any more. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#exchanges === 0) this.#dispose();
  }
}
