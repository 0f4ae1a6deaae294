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
    certificates: certificatesOf(report['certificates']),
  };
}

function certificatesOf(list: unknown): NodeCertificate[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: Partial<NodeCertificate> | null) => {
    const { what, notAfter, warnFrom } = entry ?? {};
    const [ends, warns] = [parseDate(notAfter), parseDate(warnFrom)];
    if (typeof what !== 'string' || ends === null || warns === null) return [];
    return [{ what, notAfter: ends, warnFrom: warns }];
  });
}

/** In the form that is printed; null for what is no date. */
function parseDate(text: unknown): string | null {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
