// What the gateways of a fleet say of themselves, as node-reporter.ts writes it.
import type { KeyLayout } from './key-layout.js';
import type { KeyValueStore, StoredEntry } from './key-value-store.js';
import type { NodeCertificate, NodeReport } from './node-reporter.js';

export class NodeStore {
  readonly #store: KeyValueStore;
  readonly #keys: KeyLayout;

  constructor(store: KeyValueStore, keys: KeyLayout) {
    this.#store = store;
    this.#keys = keys;
  }

  /** Gateways that reach the store, by name. */
  async list(): Promise<NodeReport[]> {
    const { entries } = await this.#store.list([{ prefix: this.#keys.nodes }]);
    return entries.map((entry) => parseReport(entry, this.#keys));
  }
}

/** What is missing or of another type, as an older version or somebody else may write it, is as if nothing was said. */
export function parseReport({ key, value }: StoredEntry, keys: KeyLayout): NodeReport {
  let report: Readonly<Record<string, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(value.toString());
    if (typeof parsed === 'object' && parsed !== null) report = parsed as Record<string, unknown>;
  } catch {
    // It says nothing.
  }
  const text = (name: string): string | null => {
    const member = report[name];
    return typeof member === 'string' ? member : null;
  };
  return {
    node: key.slice(keys.nodes.length),
    channel: text('channel') ?? '',
    version: text('version') ?? '',
    release: text('release'),
    since: text('since'),
    refused: text('refused'),
    lastError: text('lastError'),
    rolledBack: text('rolledBack'),
    certificates: Array.isArray(report['certificates']) ? report['certificates'].filter(isCertificate) : [],
    warnDays: typeof report['warnDays'] === 'number' ? report['warnDays'] : 0,
  };
}

function isCertificate(entry: unknown): entry is NodeCertificate {
  if (typeof entry !== 'object' || entry === null) return false;
  const { what, notAfter } = entry as Partial<NodeCertificate>;
  return typeof what === 'string' && typeof notAfter === 'string' && !Number.isNaN(Date.parse(notAfter));
}
