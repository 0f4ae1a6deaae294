// The part of the schema that says what an upstream is.
import {
  choice,
  duration,
  flag,
  type JsonSchema,
  listOf,
  mapOf,
  optionalRecord,
  record,
  setOf,
  text,
  whole,
} from './schema-words.js';
import { CLIENT_TLS } from './tls-schema.js';

const target = record(
  'One server of an upstream.',
  {
    url: text('sluice-origin', 'Origin of the server, without a path.', 'http://10.0.0.5:9001'),
    weight: whole(1, 1000, 1, 'Share of the requests relative to the other targets.'),
  },
  ['url'],
);

const healthCheck = record(
  'Active checks of every target; none when left out.',
  {
    path: text(
      'sluice-request-path',
      'Path (and query) that is asked with GET; 2xx and 3xx count as healthy.',
      '/healthz',
    ),
    intervalMs: duration(10_000, 'Time between two checks of one target, in milliseconds.', 100),
    timeoutMs: duration(2_000, 'Longest wait for the answer to a check, in milliseconds.'),
    healthyAfter: whole(1, 100, 2, 'Successes in a row until a target counts as healthy again.'),
    unhealthyAfter: whole(1, 100, 3, 'Failures in a row until a target counts as unhealthy.'),
  },
  ['path'],
);

const ejection = optionalRecord('When a target that fails requests is left out for a while.', {
  failures: whole(
    0,
    1000,
    5,
    'Failures in a row (no connection, timeout, 502, 503, 504) until ejection; 0 never ejects. The only target of an upstream never is.',
  ),
  durationMs: duration(
    10_000,
    'Length of the first ejection in milliseconds; each further one in a row doubles it, up to ten times this.',
  ),
});

const redirects = optionalRecord('What becomes of a redirect that a target answers with.', {
  mode: choice(
    ['pass', 'follow'],
    'Whether redirects go to the client as they are, or are followed by the gateway where the lists allow it; one that they do not allow is answered 502.',
  ),
  most: whole(1, 20, 5, 'Most redirects in a row.'),
  hosts: {
    ...setOf(
      'Hosts that redirects may lead to besides the targets; an empty list allows none.',
      text(
        'sluice-url-host',
        'A domain, "*." and a domain for one label more, an address, a network, or "*" for any public domain.',
        'files.example.com',
        '*.example.com',
      ),
    ),
    default: [],
  },
  ports: setOf('Ports of these hosts; that of the scheme when left out.', {
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
    description: 'A port.',
  }),
  paths: setOf(
    'Paths that redirects may lead to, on the targets too; any path when left out.',
    text('sluice-url-path', 'Path; ":name" fills one segment, a last "*" fills the rest.', '/files/*'),
  ),
  allowPrivate: flag(
    false,
    'Allows names of these hosts to have addresses that are not public, and these hosts to be link-local addresses or metadata services.',
  ),
});

export const UPSTREAM: JsonSchema = record(
  'A named set of servers that requests are forwarded to.',
  {
    targets: listOf('The servers; an empty list answers 503.', target),
    allowPrivate: flag(
      false,
      'Allows names of targets to have addresses that are not public (private, loopback, unique local and the like), and targets to be link-local addresses or metadata services. Other addresses that are written here, and "localhost", are allowed anyway.',
    ),
    balance: choice(['round-robin', 'least-requests'], 'How the target of a request is chosen.'),
    healthCheck,
    ejection,
    connections: whole(
      1,
      65_535,
      256,
      'Most connections to one target; a request waits `timeouts.connectMs` for one that is free.',
    ),
    // Below the 5 s after which Node, Apache and uvicorn close an idle connection: whoever closes first must be
    // us, or a request is lost to a connection that the server is just closing.
    keepAliveMs: duration(
      4_000,
      'How long an idle connection is kept, in milliseconds; keep it below that of the targets.',
    ),
    protocol: choice(
      ['http1', 'http2'],
      'HTTP version that targets are spoken to with; "http2" without TLS is by prior knowledge.',
    ),
    tls: CLIENT_TLS,
    retries: whole(0, 10, 1, 'Attempts on other targets when no byte was sent yet, for idempotent methods.'),
    redirects,
    headers: mapOf(
      'sluice-header-name',
      'Headers set on every request to this upstream.',
      text('sluice-header-value', 'Value of the header.'),
    ),
  },
  ['targets'],
);
