// Two members at any depth and one place are redacted in the JSON of a response; one header goes, one comes.
import { type Page, pageOf } from '../../harness/documents.js';
import { BODY_BYTES, type Case, type Expected, type FilterBench } from '../filter-bench.js';

const REDACTED = '[redacted]';
const SECRET = 'C6UzMDM';

const fetched = (name: string, path: string, expected: Expected): Case => ({
  name,
  request: { method: 'GET', path, headers: {}, body: '' },
  expected,
});

/** What is left of a page. */
function cleaned(page: Page): unknown {
  return {
    ...page,
    users: page.users.map((user) => ({
      ...user,
      passwordHash: REDACTED,
      card: { ...(user['card'] as object), number: REDACTED, cvv: REDACTED },
    })),
  };
}

const nested = {
  debug: [{ user: { passwordHash: { salt: SECRET, rounds: 12 }, 'a"b': 'ü€😀\n' } }],
  cvv: null,
};

export const sanitiseBench: FilterBench = {
  filter: 'sanitise',
  sluice: {
    config: {
      headers: { remove: ['x-powered-by'], set: { 'x-content-type-options': 'nosniff' } },
      json: { keys: ['passwordHash', 'cvv'], paths: ['/users/*/card/number'], replacement: REDACTED },
    },
  },
  unable: {},
  answers: {
    ...Object.fromEntries(BODY_BYTES.map((bytes) => [`/users/${bytes}`, JSON.stringify(pageOf(bytes))])),
    '/nested': JSON.stringify(nested),
    '/broken': JSON.stringify(pageOf(1024)).slice(0, -1),
  },
  measured: (bytes) =>
    fetched('a page of users', `/users/${bytes}`, { kind: 'cleaned', document: cleaned(pageOf(bytes)) }),
  cases: [
    fetched('members in other members', '/nested', {
      kind: 'cleaned',
      document: { debug: [{ user: { passwordHash: REDACTED, 'a"b': 'ü€😀\n' } }], cvv: REDACTED },
    }),
    fetched('a document that is cut off', '/broken', { kind: 'hidden', text: SECRET }),
  ],
};
