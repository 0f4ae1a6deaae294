// The rule of the bench of `sanitise`: `JSON.parse`, a walk, `JSON.stringify`.
import { isJson, type ProxiedResponse, parseJson, type Rule } from './rule.js';

const KEYS = new Set(['passwordHash', 'cvv']);
const REPLACEMENT = '[redacted]';

type Users = (document: unknown) => unknown;

export const sanitise = sanitiseBy((document) => (document as { users?: unknown } | null)?.users);

/** Redacts what nobody should see; `usersOf` says which users there are in a document. */
export function sanitiseBy(usersOf: Users): Rule {
  return {
    response(response) {
      const { 'x-powered-by': _, ...headers } = response.headers;
      const cleaned = { ...response, headers: { ...headers, 'x-content-type-options': 'nosniff' } };
      if (!isJson(headers['content-type'])) return cleaned;
      const document = parseJson(response.body);
      return document === undefined ? unreadable : { ...cleaned, body: redact(document, usersOf) };
    },
  };
}

const unreadable: ProxiedResponse = {
  status: 502,
  headers: { 'content-type': 'application/problem+json' },
  body: Buffer.from('{"title":"Bad Gateway","status":502}'),
};

function redact(document: unknown, usersOf: Users): Buffer {
  redactKeys(document);
  const users = usersOf(document);
  if (Array.isArray(users)) {
    for (const user of users) {
      const card = user?.card;
      if (typeof card === 'object' && card !== null && 'number' in card) card.number = REPLACEMENT;
    }
  }
  return Buffer.from(JSON.stringify(document));
}

function redactKeys(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) redactKeys(item);
  } else if (typeof value === 'object' && value !== null) {
    const members = value as Record<string, unknown>;
    for (const key in members) {
      if (KEYS.has(key)) members[key] = REPLACEMENT;
      else redactKeys(members[key]);
    }
  }
}
