// The JSON Schema (2020-12) of a configuration document: the one place for its keys, limits and defaults.
// It is published for editors and run by validate.ts, so every description is written for an operator.
import { clientCertificate, proxyProtocol, trustedProxies } from './edge-schema.js';
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
  share,
  text,
  whole,
} from './schema-words.js';
import { HSTS, REDIRECT_TO_HTTPS, SERVER_TLS } from './tls-schema.js';
import { UPSTREAM } from './upstream-schema.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const listener = record(
  'A socket that takes requests.',
  {
    name: text('sluice-name', 'Name of the listener in logs and metrics, unique.', 'public'),
    address: text(
      'sluice-address',
      'Address "host:port" to listen on; port 0 takes any free one.',
      '0.0.0.0:8080',
      '[::1]:8080',
    ),
    engine: choice(
      ['auto', 'uws', 'node'],
      'HTTP implementation; "auto" is uws, or node where something is asked for that only node can do.',
    ),
    http2: {
      type: 'boolean',
      description: 'Takes HTTP/2 as well; as the engine does when left out, which for "node" is yes.',
    },
    tls: SERVER_TLS,
    hsts: HSTS,
    redirectToHttps: REDIRECT_TO_HTTPS,
    idleMs: duration(30_000, 'Longest silence of a client that is sending a body, in milliseconds.'),
    trustedProxies,
    proxyProtocol,
  },
  ['name', 'address'],
);

const admin = record(
  'Health, readiness and metrics for the operator; not served when left out.',
  {
    address: text(
      'sluice-address',
      'Address "host:port" to listen on; one beyond loopback needs `tls`, and a `token` or client certificates that are required.',
      '127.0.0.1:9901',
    ),
    tls: SERVER_TLS,
    token: text(
      'sluice-secret',
      'Secret that callers show as a bearer token (RFC 6750) for everything but `/healthz`; 16 characters or more.',
      'secret://admin/token',
    ),
  },
  ['address'],
);

const secretGrant = record(
  'A secret that the filter may have put into a header, sign with, or read.',
  {
    name: text('sluice-name', 'What the filter calls it.', 'token'),
    from: text(
      'sluice-secret',
      'Where it is kept.',
      'secret+file:///run/secrets/token',
      'secret+env://TOKEN',
    ),
    sign: flag(false, 'May have codes (HMAC) made with the value, without seeing it.'),
    read: flag(false, 'May read the value.'),
    upstreams: setOf(
      'The value goes into headers of requests to these upstreams only, others fail; an empty list names none (default: the upstream of any route of the filter).',
      text('sluice-name', 'Name of an upstream.'),
    ),
  },
  ['name', 'from'],
);

const filter = record(
  'A named filter instance: a module with its config, grants and limits.',
  {
    module: text(
      'sluice-module',
      'WASM module: "builtin:NAME", in etcd "etcd:NAME@sha256:DIGEST", or a path (relative to this file).',
      'builtin:policy',
      './filters/mine.wasm',
    ),
    config: {
      description: 'Configuration of the filter, described by the schema in its manifest.',
      default: {},
    },
    grants: optionalRecord('Capabilities the filter may use; nothing is granted by default.', {
      log: flag(false, 'May write lines to the log of the gateway.'),
      metrics: flag(false, 'May add metrics of its own to those of the gateway.'),
      clock: flag(false, 'May ask what time it is.'),
      random: flag(false, 'May draw random bytes.'),
      crypto: flag(false, 'May have bytes hashed and signatures checked by the gateway.'),
      counters: flag(false, 'May keep counters that all workers share.'),
      schemas: flag(false, 'May have bytes checked against its JSON Schemas by the gateway.'),
      idna: flag(false, 'May have domains that are not ASCII spelled in ASCII by the gateway.'),
      patterns: flag(false, 'May have patterns compiled by the gateway.'),
      graphql: flag(false, 'May have GraphQL operations held to its schemas by the gateway.'),
      secrets: {
        ...listOf('May use these secrets; an empty list grants none.', secretGrant),
        default: [],
      },
      callouts: {
        ...setOf(
          'May call these upstreams; an empty list grants none.',
          text('sluice-name', 'Name of an upstream.'),
        ),
        default: [],
      },
    }),
    limits: optionalRecord('Hard limits of every call of the filter.', {
      deadlineMs: whole(1, 60_000, 50, 'Longest run of one call, in milliseconds.'),
      memoryMb: whole(1, 4096, 16, 'Most memory of one instance, in MiB.'),
    }),
    isolation: choice(
      ['shared', 'exchange'],
      'Whether an instance lives with its worker or for one exchange only.',
    ),
    onFailure: choice(
      ['closed', 'open'],
      'Whether a failing filter answers 503 ("closed") or is skipped ("open").',
    ),
    quarantine: optionalRecord('When a filter that keeps failing is left out for a while.', {
      failures: whole(0, 1000, 5, 'So many failures within `windowMs`; 0 never leaves it out.'),
      windowMs: whole(100, 3_600_000, 10_000, 'How long a failure counts, in milliseconds.'),
      share: share(
        0.5,
        'Of the calls of a phase within `windowMs`, what the failures have to be; those that ended their worker count at any share.',
      ),
      backoffMs: whole(
        10,
        3_600_000,
        1000,
        'How long it is left out the first time, in milliseconds; twice as long each time it fails again.',
      ),
      maxBackoffMs: whole(10, 86_400_000, 60_000, 'Longest time that doubling leads to, in milliseconds.'),
    }),
  },
  ['module'],
);

const match = record(
  'Which requests belong to the route.',
  {
    hosts: setOf(
      'Host names; "*.example.com" stands for one label; every host when left out, none when empty.',
      text('sluice-host-pattern', 'Host name without port.', 'api.example.com', '*.example.com'),
    ),
    path: text(
      'sluice-path-pattern',
      'Path; ":name" fills one segment, a last "*" fills the rest.',
      '/users/:id',
      '/files/*',
    ),
    methods: setOf(
      'Methods in upper case; GET answers HEAD too; an empty list takes no request.',
      text('sluice-method', 'A method, in upper case.', 'GET'),
    ),
  },
  ['path', 'methods'],
);

const route = record(
  'A declared set of requests and what happens to them.',
  {
    id: text('sluice-name', 'Name of the route in logs and metrics, unique.', 'get-user'),
    match,
    clientCertificate,
    filters: {
      ...listOf(
        'Filter instances, in the order in which they see the request.',
        text('sluice-name', 'Name of a filter instance.'),
      ),
      default: [],
    },
    upstream: text('sluice-name', 'Name of the upstream that answers.', 'users'),
    timeouts: optionalRecord('How long the upstream may take.', {
      connectMs: duration(1_000, 'Until there is a connection, in milliseconds.'),
      responseMs: duration(15_000, 'From the request sent until the head of the response, in milliseconds.'),
      idleMs: duration(
        60_000,
        'Longest silence between two chunks of a response, in milliseconds; 0 for ever.',
        0,
      ),
    }),
    limits: optionalRecord('Sizes of bodies.', {
      requestBodyBytes: whole(0, Number.MAX_SAFE_INTEGER, MIB, 'Largest request body, in bytes.'),
      responseBufferBytes: whole(
        0,
        GIB,
        8 * MIB,
        'Largest response body that is held for filters, in bytes.',
      ),
    }),
    secretEgress: choice(
      ['inherit', 'off', 'redact', 'block'],
      'Whether values of secrets in its responses are taken out, or the responses withheld; "inherit" does as `secrets.egress.mode` says.',
    ),
    preserveHost: flag(false, "Sends the client's host header upstream instead of the target's own."),
  },
  ['id', 'match', 'upstream'],
);

const workers = optionalRecord('Threads that run filters.', {
  // No default: it depends on the machine, not on the document.
  count: {
    type: 'integer',
    minimum: 1,
    maximum: 256,
    description:
      'Number of threads; when left out one less than there are cores, or the cores divided by the processes, but at least one.',
  },
  spare: whole(0, 16, 1, 'Threads kept warm to replace one that had to be terminated.'),
  ringBytes: {
    type: 'integer',
    enum: Array.from({ length: 13 }, (_, exponent) => 64 * KIB * 2 ** exponent),
    default: 8 * MIB,
    description:
      'Size of each ring between the gateway and a thread, in bytes; a power of two, of which bodies above an eighth do not go through the ring.',
  },
  queue: whole(
    1,
    1_000_000,
    4096,
    'Exchanges that may wait for filters, all threads together; more are answered 503.',
  ),
  startMs: duration(10_000, 'How long a thread may take to start or to load a revision, in milliseconds.'),
  heapMb: whole(16, 8192, 128, 'JavaScript heap of one thread, in MiB.'),
});

const rollout = record('When a gateway goes back by itself to the release before; never when left out.', {
  watchSeconds: whole(1, 86_400, 60, 'How long a release is watched after it took over, in seconds.'),
  most5xxShare: share(
    0.05,
    'Share of its requests that may end with a status of 500 and above, on top of the share of before.',
  ),
  mostFilterFailureShare: share(
    0.01,
    'Share of its requests in which a filter may fail, on top of the share of before.',
  ),
  leastRequests: whole(1, 1_000_000, 100, 'Requests that it is judged by at least.'),
});

/** Published as `sluice.schema.json`. */
export const CONFIG_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:sluice:config',
  title: 'Sluice configuration',
  ...record(
    'Configuration of the Sluice API gateway; what is not declared is refused.',
    {
      $schema: {
        type: 'string',
        description: 'Where editors find the schema of the document; the gateway passes it over.',
      },
      listeners: listOf('Sockets that take requests.', listener),
      admin,
      upstreams: mapOf('sluice-name', 'Named sets of servers.', UPSTREAM),
      filters: mapOf('sluice-name', 'Named filter instances.', filter),
      routes: { ...listOf('Declared routes; everything else is answered 404 or 405.', route), default: [] },
      workers,
      shutdown: optionalRecord('How the gateway ends.', {
        delayMs: duration(
          0,
          'How long it goes on as before after SIGTERM, only no longer ready, so that balancers learn of it, in milliseconds.',
          0,
        ),
        drainMs: duration(10_000, 'How long running exchanges may take after `delayMs`, in milliseconds.', 0),
      }),
      log: optionalRecord('What is written to standard output.', {
        level: {
          ...choice(['debug', 'info', 'warn', 'error', 'silent'], 'Least level that is written.'),
          default: 'info',
        },
        access: flag(true, 'Writes one line for every exchange.'),
      }),
      rollout,
      certificates: optionalRecord('How certificates in use are watched.', {
        warnDays: whole(0, 3650, 30, 'Days before one runs out from which on the log warns of it every day.'),
      }),
      secrets: optionalRecord('What is done to keep secrets in.', {
        egress: optionalRecord(
          'Looks for the values of all secrets of this document in what leaves the gateway: plain, and in base64, hex, percent-encoded and in JSON; values shorter than 8 bytes are not looked for.',
          {
            mode: choice(
              ['off', 'redact', 'block'],
              'Whether they are taken out of responses, or the responses withheld; "off" looks for none.',
            ),
            headers: flag(true, 'Looks in the headers of responses.'),
            bodies: flag(true, 'Looks in the bodies of responses, which are asked for whole and plain.'),
            logs: flag(true, 'Looks in the lines of the log, and takes them out there with either mode.'),
          },
        ),
      }),
    },
    ['listeners'],
  ),
};
