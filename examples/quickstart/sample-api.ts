// The API that the quickstart puts behind the gateway. It leaks on purpose, in the ways that real ones do: it
// shows every column, trusts every body, leaves an admin path open and explains its errors to strangers.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type User = Record<string, unknown> & { readonly id: number };

export interface SampleApi {
  readonly port: number;
  close(): Promise<void>;
}

const PEOPLE = [
  ['Ada Lovelace', 'ada@example.com', 'admin', '4929 1234 5678 9012'],
  ['Alan Turing', 'alan@example.com', 'member', '4532 9876 5432 1098'],
  ['Grace Hopper', 'grace@example.com', 'member', '4716 1111 2222 3333'],
] as const;

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Starts the sample API on 127.0.0.1; its users live in memory.
 *
 * @param port 0 lets the system choose
 */
export async function startSampleApi(port: number): Promise<SampleApi> {
  const users: User[] = PEOPLE.map(([name, email, role, card], index) =>
    record(index + 1, name, email, role, card),
  );
  const server = createServer((request, response) => {
    answer(users, request, response).catch((error: unknown) => fail(response, 400, String(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** About 1 KB of JSON, half of which no client should ever see. */
function record(id: number, name: string, email: string, role: string, card: string): User {
  return {
    id,
    name,
    email,
    role,
    phone: `+44 20 7946 00${10 + id}`,
    birthDate: `199${id}-12-10`,
    passwordHash: `$2b$12$${createHash('sha256').update(email).digest('base64').slice(0, 43)}`,
    card: { brand: 'visa', number: card, expires: '08/29', cvv: String(100 + id * 23) },
    address: { street: `${id} Analytical Row`, city: 'London', postcode: 'EC1A 1BB', country: 'GB' },
    preferences: { language: 'en-GB', newsletter: id % 2 === 0, theme: 'dark', timeZone: 'Europe/London' },
    lastLogins: ['2026-01-12T08:14:09Z', '2026-01-11T19:40:51Z', '2026-01-10T07:58:23Z'].map((at, index) => ({
      at,
      from: `192.0.2.${id * 10 + index}`,
      agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    })),
    consents: { terms: '2024-03', marketing: false, profiling: false },
    internalNote: `migrated from legacy CRM, shard db-eu-${id}.internal.example:5432`,
  };
}

async function answer(users: User[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sample');
  const id = /^\/users\/(\d+)$/.exec(url.pathname)?.[1];
  switch (`${request.method} ${id === undefined ? url.pathname : '/users/:id'}`) {
    case 'GET /users':
      return send(response, 200, page(users, url.searchParams));
    case 'POST /users':
      return create(users, await bodyOf(request), response);
    case 'GET /users/:id':
      return sendUser(users, Number(id), response);
    case 'DELETE /users/:id':
      return remove(users, Number(id), response);
    case 'GET /admin/users/export':
      return send(response, 200, { exported: users });
    case 'POST /webhooks':
      return subscribe(await bodyOf(request), response);
    case 'GET /broken':
      return explode(response);
    default:
      return send(response, 404, { error: 'not found', path: url.pathname });
  }
}

function page(users: User[], query: URLSearchParams): { users: User[]; total: number } {
  const limit = Number(query.get('limit') ?? users.length);
  const start = (Number(query.get('page') ?? 1) - 1) * limit;
  return { users: users.slice(start, start + limit), total: users.length };
}

function sendUser(users: User[], id: number, response: ServerResponse): void {
  const user = users.find((candidate) => candidate.id === id);
  if (user === undefined) send(response, 404, { error: 'no such user', id });
  else send(response, 200, user);
}

// Mass assignment: whatever the body names becomes a field, `role` too.
function create(users: User[], body: unknown, response: ServerResponse): void {
  const id = Math.max(0, ...users.map((user) => user.id)) + 1;
  const user: User = { ...(body as object), id };
  users.push(user);
  send(response, 201, user);
}

function remove(users: User[], id: number, response: ServerResponse): void {
  const index = users.findIndex((candidate) => candidate.id === id);
  if (index >= 0) users.splice(index, 1);
  send(response, index >= 0 ? 200 : 404, { deleted: index >= 0 });
}

// A real one would call the URL from inside the network (SSRF); this one only says so.
function subscribe(body: unknown, response: ServerResponse): void {
  send(response, 202, { wouldCall: (body as { url?: unknown }).url });
}

function explode(response: ServerResponse): void {
  const sql = "SELECT * FROM users WHERE api_key = 'live_51H8x' ORDER BY created_at";
  fail(response, 500, new Error('relation "users" does not exist').stack ?? '', sql);
}

function fail(response: ServerResponse, status: number, stack: string, sql?: string): void {
  send(response, status, { error: stack.split('\n', 1)[0], stack: stack.split('\n'), sql });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof body !== 'object' || body === null) throw new Error('body must be an object');
  return body;
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    server: 'Apache/2.4.41 (Ubuntu)',
    'x-powered-by': 'Express/4.16.1',
  });
  response.end(text);
}
