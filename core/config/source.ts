// Where a configuration comes from. test/contract/config-source.contract.ts holds every answer to it.
import type { ConfigErrors, GatewayError } from '../errors.js';
import type { StoreTls } from '../tls/certificates-in-use.js';
import type { FindPlaces } from './document-places.js';
import type { GatewayConfig } from './model.js';
import type { SecretValues } from './secret-values.js';
import type { TlsMaterials } from './tls-materials.js';

/** One state of the configuration that passed validation. */
export interface ConfigRevision {
  /** Short stable name: the same document gives the same id (sha-256 of the text, first 12 hex digits). */
  readonly id: string;
  readonly config: GatewayConfig;
  /** Values of the secrets that the configuration mentions, as they were when it was read. */
  readonly secrets: SecretValues;
  /** What `tls` of listeners, upstreams and admin names, as it was when it was read. */
  readonly tls: TlsMaterials;
  /**
   * Bytes of the modules that were read with the configuration: by SHA-256 in hex where they came with it, by path where they
   * are files. Others are read when they are loaded.
   */
  readonly modules: ReadonlyMap<string, Uint8Array>;
  /** Where in the document values stand, for errors of what is built of it. */
  readonly places: FindPlaces;
}

/** Who follows a source: told one thing after another, in the order in which they happened. */
export interface ConfigListener {
  /**
   * A new valid revision, in order. Not called again for the same id, unless a reload was asked for, secrets or files
   * that it mentions changed, or `failed` was called in between: then it says that the failure is over.
   */
  changed(revision: ConfigRevision): void;
  /** The source changed, but what it holds now is not valid, or it cannot be read. Once for each such state. */
  failed(errors: ConfigErrors): void;
  /** The source does not answer, so changes may go unnoticed. Once for each outage, and for each further reason that it has. */
  unreachable(error: GatewayError): void;
  /** The outage is over; what changed during it is reported by itself. */
  reachable(): void;
  /** Something that an operator should know of, though the configuration is right. */
  warned(message: string): void;
}

/** Where revisions come from: `load` once, then `watch` until `close`. */
export interface ConfigSource {
  /** For people: the path or URL. */
  readonly description: string;
  /** Reads and validates once. Throws ConfigErrors. */
  load(): Promise<ConfigRevision>;
  /** Reports every later change until `close`. Call `load` first. */
  watch(listener: ConfigListener): void;
  /** Reads again now and reports through the listener, even when nothing changed. */
  reload(): Promise<void>;
  /** The revision that was applied last, kept for starts without the source; null when there is none. */
  lastGood(): Promise<ConfigRevision | null>;
  /** Told that a revision runs now. */
  applied(revision: ConfigRevision): void;
  /**
   * Told that what the source holds does not run, and why.
   * @param revision null for what was not valid to begin with
   */
  refused(errors: ConfigErrors, revision: ConfigRevision | null): void;
  /**
   * Told that a revision which ran was left again for the one before it. It is not reported again before somebody asks for
   * it anew; a source that can makes others go back as well.
   * @param back what runs instead
   */
  rejected(revision: ConfigRevision, back: ConfigRevision, reason: string): void;
  /** What its own connections are secured with; null for one that makes none, or in clear text. */
  readonly tls: StoreTls | null;
  /** False while what was applied last could not be kept for `lastGood`. */
  readonly isKept: boolean;
  /** Seconds since the source was known to hold what it reported; 0 for one that cannot be out of reach. */
  readonly stalenessSeconds: number;
  close(): Promise<void>;
}
