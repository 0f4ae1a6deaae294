// Whether a route is for more clients than it was, by their certificates.
import { liesBelow } from '../../client-rule.js';
import type { ClientCertificateConfig } from '../../config/model.js';
import { both, NARROWER, SAME, type Verdict, WIDER } from './verdict.js';

type Rule = ClientCertificateConfig | null;

/** Null is a route for any client. Whether the certificate is forwarded does not count. */
export function compareClients(before: Rule, after: Rule): Verdict {
  if (before === null || after === null) return before === after ? SAME : after === null ? WIDER : NARROWER;
  const was = entriesOf(before);
  const is = entriesOf(after);
  if (was === null || is === null) return was === is ? SAME : is === null ? WIDER : NARROWER;
  const added = is.some((entry) => !was.some((known) => covers(known, entry)));
  const removed = was.some((entry) => !is.some((known) => covers(known, entry)));
  return both(added ? WIDER : SAME, removed ? NARROWER : SAME);
}

/** Each with its list before it; null when there are no lists, and every certificate will do. */
function entriesOf({ subjects, dnsNames, uris, fingerprints }: ClientCertificateConfig): string[] | null {
  const lists = { subject: subjects, dns: dnsNames, uri: uris, fingerprint: fingerprints };
  if (Object.values(lists).every((list) => list === null)) return null;
  return Object.entries(lists).flatMap(([kind, list]) => (list ?? []).map((entry) => `${kind} ${entry}`));
}

/** A SPIFFE id with `/*` covers what lies below, others with `/*` too. */
function covers(known: string, entry: string): boolean {
  if (known === entry) return true;
  return (
    known.startsWith('uri ') &&
    known.endsWith('/*') &&
    liesBelow(entry.replace(/\/\*$/, ''), known.slice(0, -1))
  );
}
