// Where a configuration comes from. test/contract/config-source.contract.ts holds every answer to it.
import type { ConfigErrors } from '../errors.js';
import type { GatewayConfig } from './model.js';
import type { SecretValues } from './secret-values.js';

/** One state of the configuration that passed validation. */
export interface ConfigRevision {
  /** Short stable name: the same document gives the same id (sha-256 of the text, first 12 hex digits). */
  readonly id: string;
  readonly config: GatewayConfig;
  /** Values of the secrets that the configuration mentions, as they were when it was read. */
  readonly secrets: SecretValues;
}

export interface ConfigListener {
  /**
   * A new valid revision, in order. Not called again for the same id, unless a reload was asked for or `failed`
   * was called in between: then it says that the failure is over.
   */
  changed(revision: ConfigRevision): void;
  /** The source changed, but what it holds now is not valid, or it cannot be read. Once for each such state. */
  failed(errors: ConfigErrors): void;
}

export interface ConfigSource {
  /** For people: the path or URL. */
  readonly description: string;
  /** Reads and validates once. Throws ConfigErrors. */
  load(): Promise<ConfigRevision>;
  /** Reports every later change until `close`. Call `load` first. */
  watch(listener: ConfigListener): void;
  /** Reads again now and reports through the listener, even when nothing changed. */
  reload(): Promise<void>;
  close(): void;
}
