// What every side has to do alike before it gets a figure, job by job.
import type { Case, Expected } from '../filters/filter-bench.js';
import { REQUESTS } from '../harness/job.js';
import type { LoadRequest } from '../harness/load.js';
import { SAMPLE_USER } from '../harness/sample.js';
import type { Answers } from '../harness/upstream.js';
import type { Job } from './peer.js';

const REDACTED = '[redacted]';
const SECRET = 'C6UzMDM';
/** The upstream answers with the body of the request. */
const ECHO = { 'x-bench-echo': '1' };
const { plain, policed, filtered, read, forbidden, undeclared } = REQUESTS;
const CUT_OFF = '/read?cut-off';

/** What the upstream answers besides, for these cases. */
export const CASE_ANSWERS: Answers = { [CUT_OFF]: filtered.body.slice(0, -1) };

const caseOf =
  (expected: Expected) =>
  (name: string, request: LoadRequest, change: Partial<LoadRequest> = {}): Case => ({
    ...{ name, expected },
    request: { ...request, ...change },
  });
const passes = caseOf({ kind: 'passes' });
const refused = caseOf({ kind: 'refused' });
const cleaned = (name: string, request: LoadRequest, document: unknown): Case =>
  caseOf({ kind: 'cleaned', document })(name, request);

/** A user as clients may see one. */
const shown = (user: object = SAMPLE_USER): object => ({
  ...user,
  passwordHash: REDACTED,
  card: { ...SAMPLE_USER.card, number: REDACTED, cvv: REDACTED },
});
const sent = (user: object): LoadRequest => ({
  ...filtered,
  headers: { ...filtered.headers, ...ECHO },
  body: JSON.stringify(user),
});
const invalid = (name: string, change: object): Case =>
  refused(name, filtered, { body: JSON.stringify({ ...SAMPLE_USER, ...change }) });

const nested = {
  ...SAMPLE_USER,
  preferences: {
    before: [{ cvv: '123', passwordHash: { salt: SECRET } }],
    'a"b': 'ü€😀\n',
    deep: { cvv: 5 },
  },
};

export const CASES: Readonly<Record<Job, readonly Case[]>> = {
  plain: [passes('a user', plain)],
  policy: [
    passes('a request that a rule allows', policed),
    passes('a path that is spelled in another way', policed, { path: '/p%6fliced' }),
    passes('a query', policed, { path: '/policed?a=1' }),
    refused('a method that no rule has', policed, { method: 'PUT' }),
    refused('a path that no rule has', forbidden),
    refused('a path with a slash more', policed, { path: '/policed/' }),
    refused('a path that is not declared', undeclared),
  ],
  filtered: [
    cleaned('a user', filtered, shown()),
    cleaned('a user that is sent back', sent(SAMPLE_USER), shown()),
    cleaned('members in other members', sent(nested), {
      ...shown(nested),
      preferences: {
        before: [{ cvv: REDACTED, passwordHash: REDACTED }],
        'a"b': 'ü€😀\n',
        deep: { cvv: REDACTED },
      },
    }),
    cleaned('a name of 100 characters', sent({ ...SAMPLE_USER, name: 'ü'.repeat(100) }), {
      ...shown(),
      name: 'ü'.repeat(100),
    }),
    cleaned(
      'a content type with a parameter',
      { ...filtered, headers: { 'content-type': 'application/json; charset=utf-8' } },
      shown(),
    ),
    refused('a method that no rule has', filtered, { method: 'PUT' }),
    refused('another content type', filtered, { headers: { 'content-type': 'text/plain' } }),
    refused('a body that is cut off', filtered, { body: filtered.body.slice(0, -1) }),
    refused('no body', filtered, { body: '' }),
    refused('an array', filtered, { body: `[${filtered.body}]` }),
    invalid('a member that is missing', { email: undefined }),
    invalid('a member that is not declared', { isAdmin: true }),
    invalid('a number that is text', { id: '4711' }),
    invalid('a number that is too small', { id: 0 }),
    invalid('a number with a fraction', { id: 1.5 }),
    invalid('a name that is too long', { name: 'ü'.repeat(101) }),
    invalid('an address of mail that is none', { email: 'ada' }),
    invalid('a card without a number', { card: {} }),
    invalid('an order in a state that there is not', { orders: [{ id: 'o-1', total: 1, status: 'lost' }] }),
    cleaned('a user that is read', read, shown()),
    refused('a read by another method', read, { method: 'DELETE' }),
    caseOf({ kind: 'hidden', text: SECRET })('an answer that is cut off', read, { path: CUT_OFF }),
  ],
};
