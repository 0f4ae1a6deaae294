// The job that gateways are measured at: requests for a small API, passed on as they are, or held to rules. `plain` has no
// rules. `policed` lets declared requests through. `filtered` also holds the body to a JSON Schema, and takes secrets out
// of the response. `read` is policed, and its response cleaned.
import { PAGE_SCHEMA, pageOf } from './documents.js';
import type { LoadRequest } from './load.js';
import { SAMPLE_SCHEMA, SAMPLE_USER } from './sample.js';
import type { Answers } from './upstream.js';

export const LARGE_PAGE_BYTES = 20 * 1024;
export const FILE_BYTES = 1024 * 1024;

const JSON_TYPE = { 'content-type': 'application/json' };
const user = JSON.stringify(SAMPLE_USER);
const page = JSON.stringify(pageOf(LARGE_PAGE_BYTES));
const file = JSON.stringify({ file: 'x'.repeat(FILE_BYTES - '{"file":""}'.length) });

const post = (path: string, body: string): LoadRequest => ({
  method: 'POST',
  path,
  headers: JSON_TYPE,
  body,
});
const get = (path: string): LoadRequest => ({ method: 'GET', path, headers: {}, body: '' });

/** Bodies are 0.9 KB of JSON each way where nothing else is said. */
export const REQUESTS = {
  plain: post('/plain', user),
  policed: post('/policed', user),
  filtered: post('/filtered', user),
  /** 20 KB each way. */
  plainPage: post('/plain/page', page),
  filteredPage: post('/filtered-page', page),
  read: get('/read'),
  /** No rule allows it: 403. */
  forbidden: post('/policed/forbidden', user),
  /** No route has it: 404. */
  undeclared: get('/undeclared'),
  /** 1 MiB down, 1 MiB up. */
  download: get('/files'),
  upload: post('/files', file),
} as const satisfies Record<string, LoadRequest>;

/** What the upstream answers on paths where it is not the sample user. */
export const ANSWERS: Answers = { '/filtered-page': page, '/plain/page': page, '/files': file };

export interface SluicePlaces {
  readonly port: number;
  readonly upstreamPort: number;
  readonly adminPort?: number;
  /** With `server.crt` and `server.key` beside the configuration. */
  readonly tlsPort?: number;
}

/** The configuration of a gateway that does the job, as JSON, which is YAML; `more` is laid over its top level. */
export function sluiceConfig(places: SluicePlaces, more: Readonly<Record<string, unknown>> = {}): string {
  const { port, upstreamPort, adminPort, tlsPort } = places;
  const listeners: object[] = [{ name: 'bench', address: `127.0.0.1:${port}` }];
  const tls = { certificates: [{ cert: './server.crt', key: './server.key' }] };
  if (tlsPort !== undefined) listeners.push({ name: 'secure', address: `127.0.0.1:${tlsPort}`, tls });
  return JSON.stringify({
    listeners,
    ...(adminPort === undefined ? {} : { admin: { address: `127.0.0.1:${adminPort}` } }),
    upstreams: { sample: { targets: [{ url: `http://127.0.0.1:${upstreamPort}` }], keepAliveMs: 30_000 } },
    filters: FILTERS,
    routes: ROUTES,
    log: { access: false },
    ...more,
  });
}

/** A busy machine is no reason to end a worker in the middle of a bench. */
const limits = { deadlineMs: 1000 };
const rule = (method: string, path: string): object => ({ methods: [method], path });
const cleaning = (path: string) => ({
  module: 'builtin:sanitise',
  limits,
  config: {
    headers: { remove: ['x-powered-by'], set: { 'x-content-type-options': 'nosniff' } },
    json: { keys: ['passwordHash', 'cvv'], paths: [path] },
  },
});
const holding = (schema: object): object => ({
  module: 'builtin:validate',
  limits,
  config: { schema },
  grants: { schemas: true },
});

/** The filters of the job by name. */
export const FILTERS = {
  guard: {
    module: 'builtin:policy',
    limits,
    config: {
      rules: [
        rule('POST', '/policed'),
        rule('POST', '/filtered'),
        rule('POST', '/filtered-page'),
        rule('GET', '/read'),
      ],
    },
  },
  user: holding(SAMPLE_SCHEMA),
  page: holding(PAGE_SCHEMA),
  'clean-user': cleaning('/card/number'),
  'clean-page': cleaning('/users/*/card/number'),
};

const route = (id: string, path: string, methods: readonly string[], filters: readonly string[]): object => ({
  id,
  match: { path, methods },
  filters,
  upstream: 'sample',
});

/** The routes of the job. */
export const ROUTES = [
  route('plain', '/plain', ['POST'], []),
  route('plain-page', '/plain/page', ['POST'], []),
  route('policed', '/policed', ['POST'], ['guard']),
  route('forbidden', '/policed/forbidden', ['POST'], ['guard']),
  route('filtered', '/filtered', ['POST'], ['guard', 'user', 'clean-user']),
  route('filtered-page', '/filtered-page', ['POST'], ['guard', 'page', 'clean-page']),
  route('read', '/read', ['GET'], ['guard', 'clean-user']),
  { ...route('files', '/files', ['GET', 'POST'], []), limits: { requestBodyBytes: 2 * FILE_BYTES } },
];
