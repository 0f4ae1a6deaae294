// Tells the fleet what this gateway runs: an entry below `nodes/` that lives as long as its lease, which ends by itself
// when the gateway does.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../errors.js';
import { certificatesInUse, describeCertificate, type TlsInUse } from '../tls/certificates-in-use.js';
import type { KeyLayout } from './key-layout.js';
import type { Condition, KeyValueStore, StoredEntry } from './key-value-store.js';

/** A certificate that a gateway does TLS with, or a list of those that are revoked. */
export interface NodeCertificate {
  /** For people: what it is and where it is used. */
  readonly what: string;
  /** When it runs out, ISO 8601. */
  readonly notAfter: string;
  /** From when on people want to know of that. */
  readonly warnFrom: string;
}

/** What a gateway says of itself. */
export interface NodeReport {
  readonly node: string;
  readonly channel: string;
  readonly version: string;
  /** Release that runs; null before the first. */
  readonly release: string | null;
  /** Since when, ISO 8601. */
  readonly since: string | null;
  /**
   * Release that was refused last, or that now cannot be run with the secrets of the store; null when all is well, and when
   * the store names none.
   */
  readonly refused: string | null;
  /** Why; null when nothing is refused. */
  readonly lastError: string | null;
  /** Release that this gateway left by itself, and why; null once it runs another one than the one it went back to. */
  readonly rolledBack: string | null;
  /** Those that people want to know of first, the most urgent one before all others. */
  readonly certificates: readonly NodeCertificate[];
}

export interface NodeReporterOptions {
  readonly keys: KeyLayout;
  readonly node: string;
  readonly channel: string;
  readonly version: string;
  /** A node that stopped without a word is forgotten after so many seconds. Default 15. */
  readonly leaseSeconds?: number;
  /**
   * Told when the fleet cannot know of this node for another reason than an outage: once for each reason, until reports are
   * possible again.
   */
  readonly failed: (error: GatewayError) => void;
}

/** Certificates that a report names. */
const MOST_CERTIFICATES = 5;

/** Keep-alives in the time of one lease. */
const KEEPS = 3;

/** @param options.warnDays so many days before the end of one people want to know of it */
export function mostUrgent(tls: TlsInUse, { warnDays }: { readonly warnDays: number }): NodeCertificate[] {
  return certificatesInUse(tls, warnDays)
    .sort((a, b) => a.warnFromMs - b.warnFromMs)
    .slice(0, MOST_CERTIFICATES)
    .map((certificate) => ({
      what: describeCertificate(certificate),
      notAfter: new Date(certificate.notAfterMs).toISOString(),
      warnFrom: new Date(certificate.warnFromMs).toISOString(),
    }));
}

export class NodeReporter {
  readonly #options: NodeReporterOptions;
  readonly #leaseSeconds: number;
  /** Tells the entries of this reporter from those of others by the same name. */
  readonly #instance = randomUUID();
  #hasWritten = false;
  #report: NodeReport;
  /** Of the connection of now. */
  #attached: { readonly store: KeyValueStore; readonly wake: AbortController; lease: string | null } | null =
    null;
  #running: Promise<void> = Promise.resolve();
  /** Something has changed since the last writing. */
  #isDue = true;
  /** Another gateway had the name at the last look: one that is about to be replaced sees that once. */
  #isTaken = false;
  /** Why reports are not possible, as it was told last. */
  #told: string | null = null;

  constructor(options: NodeReporterOptions) {
    const { node, channel, version, leaseSeconds = 15 } = options;
    this.#options = options;
    this.#leaseSeconds = leaseSeconds;
    this.#report = {
      ...{ node, channel, version, release: null, since: null },
      ...{ refused: null, lastError: null, rolledBack: null, certificates: [] },
    };
  }

  update(change: Partial<Omit<NodeReport, 'node' | 'channel' | 'version'>>): void {
    this.#report = { ...this.#report, ...change };
    this.#isDue = true;
    this.#attached?.wake.abort();
  }

  /** Reports over this connection until `detach`. Nothing happens when it is attached already. */
  attach(store: KeyValueStore): void {
    if (this.#attached?.store === store) return;
    this.detach();
    this.#attached = { store, wake: new AbortController(), lease: null };
    this.#isDue = true;
    this.#running = this.#running.then(() => this.#run(store));
  }

  detach(): void {
    const attached = this.#attached;
    this.#attached = null;
    attached?.wake.abort();
  }

  /** Takes the entry away. */
  async close(): Promise<void> {
    const attached = this.#attached;
    this.detach();
    await this.#running;
    if (attached === null || attached.lease === null) return;
    // Without an answer the lease ends by itself.
    await attached.store.revokeLease(attached.lease).catch(() => undefined);
  }

  async #run(store: KeyValueStore): Promise<void> {
    while (this.#attached?.store === store) {
      const attached = this.#attached;
      try {
        attached.lease ??= await store.grantLease(this.#leaseSeconds);
        if (!(await store.keepLease(attached.lease))) {
          attached.lease = null;
          this.#isDue = true;
          continue;
        }
        if (!this.#isDue) await this.#look(store);
        if (this.#isDue) await this.#write(store, attached.lease);
        if (!this.#isTaken) this.#told = null;
      } catch (cause) {
        const error = GatewayError.from(cause);
        // Outages are found by whoever follows the store.
        if (error.code !== 'SLUICE_CONFIG_STORE_UNREACHABLE') this.#tell(error);
        this.#isDue = true;
      }
      await this.#rest();
    }
  }

  #tell(error: GatewayError): void {
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#options.failed(error);
  }

  /** Somebody may have removed the entry, or report by the same name since. */
  async #look(store: KeyValueStore): Promise<void> {
    if (!this.#hasWritten) return;
    const { node, keys } = this.#options;
    const entry = await store.get(keys.node(node));
    if (entry === null) this.#isDue = true;
    const wasTaken = this.#isTaken;
    this.#isTaken = entry !== null && !this.#isOwn(entry);
    if (wasTaken && this.#isTaken)
      this.#tell(
        new GatewayError(
          'SLUICE_CONFIG_CONFLICT',
          `found another gateway that reports as ${node}, expected a name for each (--node)`,
        ),
      );
  }

  async #write(store: KeyValueStore, lease: string): Promise<void> {
    const key = this.#options.keys.node(this.#options.node);
    const conditions = await this.#conditions(store, key);
    this.#isDue = false;
    // Whoever took the name over reports by it, such as the process that is to replace this one.
    if (conditions === null) return;
    const value = Buffer.from(JSON.stringify({ ...this.#report, instance: this.#instance }));
    if (await store.commit(conditions, [{ put: key, value, lease }])) this.#hasWritten = true;
    else this.#isDue = true;
  }

  /** The first report takes the name over from whoever had it; the others leave it to whoever has taken it since (null). */
  async #conditions(store: KeyValueStore, key: string): Promise<Condition[] | null> {
    if (!this.#hasWritten) return [];
    const entry = await store.get(key);
    if (entry === null) return [{ key, state: 'absent' }];
    return this.#isOwn(entry) ? [{ key, state: entry.modRevision }] : null;
  }

  #isOwn({ value }: StoredEntry): boolean {
    return value.includes(this.#instance);
  }

  /** Until the next keep-alive, or until there is something to say. */
  async #rest(): Promise<void> {
    const attached = this.#attached;
    if (attached === null) return;
    const pause = (this.#leaseSeconds * 1000) / KEEPS;
    await delay(pause, undefined, { signal: attached.wake.signal, ref: false }).catch(() => undefined);
    if (this.#attached === attached && attached.wake.signal.aborted)
      this.#attached = { ...attached, wake: new AbortController() };
  }
}
