// The one table of error codes. ERRORS.md says the same for people, and a test holds the two together.

/** Who caused an error: the client, a filter, the upstream, the operator's config, or a bug of ours. */
export type ErrorSource = 'downstream' | 'filter' | 'upstream' | 'config' | 'internal';

/** One row of the table. `detail` is safe to show to any client: it never holds data of a request. */
export interface ErrorKind {
  /** HTTP status a client gets. Errors that stop a load carry 500 and never reach a client. */
  readonly status: number;
  readonly source: ErrorSource;
  /** True when the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** One sentence for clients (RFC 9457 `detail`). */
  readonly detail: string;
  /** What an operator, a filter author or a client should do about it. */
  readonly remedy: string;
}

function kind(
  status: number,
  source: ErrorSource,
  retryable: boolean,
  detail: string,
  remedy: string,
): ErrorKind {
  return Object.freeze({ status, source, retryable, detail, remedy });
}

/** Every code there is, with what a client is told and what people should do: one row each, in the order of ERRORS.md. */
export const ERROR_TABLE = Object.freeze({
  SLUICE_CONFIG_UNREADABLE: kind(
    500,
    'config',
    true,
    'The configuration could not be read.',
    'Check that the path exists and that the gateway may read it.',
  ),
  SLUICE_CONFIG_SYNTAX: kind(
    500,
    'config',
    false,
    'The configuration is not well-formed YAML or JSON.',
    'Mend the document at the line and column that the message names.',
  ),
  SLUICE_CONFIG_INVALID: kind(
    500,
    'config',
    false,
    'The configuration does not fit its schema.',
    'Mend the value at the JSON path that the message names; unknown keys are errors.',
  ),
  SLUICE_CONFIG_DUPLICATE: kind(
    500,
    'config',
    false,
    'Two entries of the configuration claim the same name or the same requests.',
    'Rename or remove one of the two places that the message names.',
  ),
  SLUICE_CONFIG_REFERENCE: kind(
    500,
    'config',
    false,
    'The configuration refers to something that it does not declare.',
    'Declare the filter or upstream that the message names, or mend the reference.',
  ),
  SLUICE_CONFIG_CERTIFICATE: kind(
    500,
    'config',
    false,
    'A certificate, key or list that TLS needs cannot be used.',
    'Mend what the message names: the file or secret, its validity, its key, or the names it is for.',
  ),
  SLUICE_CONFIG_IMMUTABLE: kind(
    500,
    'config',
    false,
    'This part of the configuration cannot change while the gateway runs.',
    'Restart the gateway, or put the old value back; with `--processes`, SIGHUP takes up `workers` and `log`.',
  ),
  SLUICE_CONFIG_STORE_UNREACHABLE: kind(
    500,
    'config',
    true,
    'The configuration store does not answer.',
    'Check that etcd runs, has a quorum, and that endpoint and certificates are right; the gateway goes on with what it has.',
  ),
  SLUICE_CONFIG_STORE_DENIED: kind(
    500,
    'config',
    false,
    'The configuration store does not accept the credentials.',
    'Check user, password or client certificate, and that its role may use the keys below the prefix.',
  ),
  SLUICE_CONFIG_STORE_REFUSED: kind(
    500,
    'config',
    false,
    'The configuration store refused a call.',
    'Read what etcd says in the message: a full store, or a limit on the size of requests.',
  ),
  SLUICE_CONFIG_RELEASE: kind(
    500,
    'config',
    false,
    'A release in the configuration store is missing or damaged.',
    'Publish it again with `sluice apply`, or flip the channel to another one with `sluice rollback`.',
  ),
  SLUICE_CONFIG_CONFLICT: kind(
    500,
    'config',
    true,
    'Somebody else changed the configuration store meanwhile.',
    'Look at what they did with `sluice diff`, then try again.',
  ),

  SLUICE_ROUTE_PATTERN: kind(
    500,
    'config',
    false,
    'A path or host pattern of a route cannot be used.',
    'Use `/literal/:parameter/*`: parameters fill one segment, a wildcard stands last.',
  ),
  SLUICE_ROUTE_NOT_FOUND: kind(
    404,
    'downstream',
    false,
    'No route is declared for this host and path.',
    'Declare a route for it, or call a declared one.',
  ),
  SLUICE_ROUTE_METHOD_NOT_ALLOWED: kind(
    405,
    'downstream',
    false,
    'The path is declared, but not for this method.',
    'Use a method that the `allow` header names.',
  ),
  SLUICE_ROUTE_CLIENT: kind(
    403,
    'downstream',
    false,
    'This route is for clients with another certificate.',
    'Show a certificate that `routes[].clientCertificate` admits; the log line of this request id has the one that was shown.',
  ),

  SLUICE_FILTER_UNREADABLE: kind(
    500,
    'config',
    false,
    'A filter module could not be read.',
    'Check the path of the module; `builtin:` takes the name of a built-in filter.',
  ),
  SLUICE_FILTER_MODULE_TOO_LARGE: kind(
    500,
    'config',
    false,
    'A filter module is larger than the gateway loads.',
    'Build the module without debug information, or split the filter.',
  ),
  SLUICE_FILTER_NOT_WASM: kind(
    500,
    'config',
    false,
    'A filter module is not valid WebAssembly.',
    'Build the module again; `sluice check` shows what the compiler says of it.',
  ),
  SLUICE_FILTER_MANIFEST: kind(
    500,
    'config',
    false,
    'A filter module carries no manifest, or one that cannot be used.',
    'Build the module with the SDK, which embeds the `sluice.manifest` section.',
  ),
  SLUICE_FILTER_LINK: kind(
    500,
    'config',
    false,
    'A filter module does not have the imports, exports or memory that the ABI asks for.',
    'Build the module with the SDK, or compare it with sdk/ABI.md.',
  ),
  SLUICE_FILTER_CAPABILITY: kind(
    500,
    'config',
    false,
    'A filter needs a capability that was not granted.',
    'Grant the capability in `filters.NAME.grants`, or use a filter that does not need it.',
  ),
  SLUICE_FILTER_CONFIG: kind(
    500,
    'config',
    false,
    'A filter refused its configuration.',
    'Mend `filters.NAME.config` as the message says; the README of the filter describes it.',
  ),
  SLUICE_FILTER_TRAP: kind(
    503,
    'filter',
    true,
    'A filter failed while it handled this exchange.',
    'Read the log line of this request id: it has the message and the place in the filter.',
  ),
  SLUICE_FILTER_DEADLINE: kind(
    503,
    'filter',
    true,
    'A filter took longer than it may.',
    'Make the filter faster, or raise `filters.NAME.limits.deadlineMs`.',
  ),
  SLUICE_FILTER_QUARANTINED: kind(
    503,
    'filter',
    true,
    'A filter of this route failed too often and is left out for a while.',
    'Read `/filters` of the admin listener: it has the last failure and when the filter is tried again.',
  ),
  SLUICE_FILTER_CALLOUTS: kind(
    503,
    'filter',
    true,
    'A filter asked for too many callouts.',
    'Make the filter decide after fewer callouts; one may make 8 in a phase.',
  ),
  SLUICE_FILTER_STOPPED: kind(
    502,
    'filter',
    false,
    'A filter stopped the response midway.',
    'Read the log line of this request id: it has the reason the filter gave.',
  ),
  SLUICE_FILTER_RESPONSE_TOO_LARGE: kind(
    502,
    'upstream',
    false,
    'The response is larger than its filters may hold.',
    'Raise `routes[].limits.responseBufferBytes`, or take the filter off this route.',
  ),
  SLUICE_FILTER_RESPONSE_ENCODED: kind(
    502,
    'upstream',
    false,
    'The response has a content coding that cannot be undone, so filters and the egress scan cannot read it.',
    'Make the upstream send it plain or as gzip, deflate or br, whole and unbroken, or take the filter or the scan off this route.',
  ),

  SLUICE_ABI_VERSION: kind(
    500,
    'config',
    false,
    'A filter module speaks a version of the ABI that this gateway does not run.',
    'Build the module with the SDK of this gateway.',
  ),
  SLUICE_ABI_FRAME: kind(
    503,
    'filter',
    false,
    'A filter answered with a frame that breaks the ABI.',
    'Fix the filter: offsets, lengths and counts of the reply must lie inside its memory.',
  ),
  SLUICE_ABI_EDIT: kind(
    503,
    'filter',
    false,
    'A filter asked for an edit that is not allowed.',
    'Fix the filter: header syntax, framing headers, status range or path of an edit are wrong.',
  ),

  SLUICE_DISPATCH_OVERLOADED: kind(
    503,
    'internal',
    true,
    'The gateway has more work queued than it may hold.',
    'Try again after `retry-after` seconds; raise `workers.count` or `workers.queue` if it persists.',
  ),
  SLUICE_DISPATCH_START: kind(
    500,
    'internal',
    true,
    'A filter worker did not start in time.',
    'Look for the reason in the log; raise `workers.startMs` on a slow machine.',
  ),
  SLUICE_DISPATCH_CRASHED: kind(
    503,
    'internal',
    true,
    'The worker of this exchange ended, again and again.',
    'Look for the reason in the log and report it.',
  ),

  SLUICE_UPSTREAM_NO_TARGET: kind(
    503,
    'upstream',
    true,
    'No target of the upstream is available.',
    'Read the log line of this request id: it says of each target whether it is ejected or what its last health check met.',
  ),
  SLUICE_UPSTREAM_CONNECT: kind(
    502,
    'upstream',
    true,
    'The upstream could not be reached.',
    'Check that the target listens and that the network lets the gateway through.',
  ),
  SLUICE_UPSTREAM_ADDRESS: kind(
    502,
    'upstream',
    false,
    'The upstream has an address that the gateway does not connect to.',
    'Look up the name that the message has; if it is meant to have such addresses, set `upstreams.NAME.allowPrivate`.',
  ),
  SLUICE_UPSTREAM_REDIRECT: kind(
    502,
    'upstream',
    false,
    'The upstream redirects to a place where the gateway does not go.',
    'Read the reason in the log line of this request id; if the place is meant, add it to `upstreams.NAME.redirects`.',
  ),
  SLUICE_UPSTREAM_CERTIFICATE: kind(
    502,
    'upstream',
    false,
    'The certificate of the upstream is not accepted.',
    'Read in the message what is wrong with it; then mend the certificate, `upstreams.NAME.tls.ca` or `upstreams.NAME.tls.serverName`.',
  ),
  SLUICE_UPSTREAM_PIN: kind(
    502,
    'upstream',
    false,
    'The upstream has another key than expected.',
    'Find out who answers at the target; if its key was changed on purpose, add the pin to `upstreams.NAME.tls.pins`.',
  ),
  SLUICE_UPSTREAM_TLS: kind(
    502,
    'upstream',
    false,
    'No secure connection to the upstream could be made.',
    'Read the reason in the message: the versions and suites of TLS of the target, or what it holds against `upstreams.NAME.tls.cert`.',
  ),
  SLUICE_UPSTREAM_CONNECT_TIMEOUT: kind(
    504,
    'upstream',
    true,
    'The upstream did not accept a connection in time.',
    'Check the target, or raise `timeouts.connectMs`.',
  ),
  SLUICE_UPSTREAM_CONNECTIONS: kind(
    503,
    'upstream',
    true,
    'The gateway has no connection to the upstream left for the request.',
    'Make the target answer sooner, or raise `upstreams.NAME.connections`; a request waits `timeouts.connectMs` for one.',
  ),
  SLUICE_UPSTREAM_TIMEOUT: kind(
    504,
    'upstream',
    true,
    'The upstream did not answer in time.',
    'Check the target, or raise `timeouts.responseMs` or, for silence inside a body, `timeouts.idleMs`.',
  ),
  SLUICE_UPSTREAM_CLOSED: kind(
    502,
    'upstream',
    true,
    'The upstream closed the connection before it had answered.',
    'Look at the log of the target for this request id.',
  ),
  SLUICE_UPSTREAM_REFUSED: kind(
    503,
    'upstream',
    true,
    'The upstream takes no more requests now.',
    'Look at the limits of the target for requests at once; it refused this one before it looked at it.',
  ),
  SLUICE_UPSTREAM_PROTOCOL: kind(
    502,
    'upstream',
    false,
    'The upstream answered with something that is not valid HTTP.',
    'Check what listens at the target.',
  ),
  SLUICE_UPSTREAM_CUT: kind(
    502,
    'upstream',
    false,
    'The upstream ended in the middle of its response.',
    'Look at the log of the target; the client saw its connection cut.',
  ),

  SLUICE_LISTEN_ADDRESS: kind(
    500,
    'config',
    false,
    'A listener could not be opened.',
    'Check what the message says: the address has to be one of this host, the port free, and below 1024 the user allowed to open it.',
  ),
  SLUICE_LISTEN_ENGINE: kind(
    500,
    'config',
    false,
    'The engine that a listener asks for is not to be had.',
    'Set `engine: auto` or `node`, or leave out what only `node` can do; the message says what stands in the way.',
  ),
  SLUICE_LISTEN_TLS: kind(
    500,
    'config',
    false,
    'The engine of a listener does not take a certificate, a key or a server name.',
    'Set `engine` of the listener to `node`, or use keys of RSA or of the curves P-256, P-384 and P-521.',
  ),
  SLUICE_LISTEN_CLIENT_CERTIFICATE: kind(
    403,
    'downstream',
    false,
    'The listener wants a certificate of the client, and there is none that is good.',
    'Show a certificate of an authority that the listener trusts, one that was not revoked.',
  ),
  SLUICE_LISTEN_MALFORMED: kind(
    400,
    'downstream',
    false,
    'The request is malformed or can be read in two ways.',
    'Send a request that follows RFC 9112; the log line names what was wrong.',
  ),
  SLUICE_LISTEN_HEAD_TOO_LARGE: kind(
    431,
    'downstream',
    false,
    'The head of the request is larger than the listener takes.',
    'Send fewer or shorter fields, or start the gateway with a larger `UWS_HTTP_MAX_HEADERS_SIZE` in its environment.',
  ),
  SLUICE_LISTEN_FORWARDED: kind(
    400,
    'downstream',
    false,
    'The proxy in front of the gateway does not say who the client is.',
    'Make the proxy add the address of its peer to `x-forwarded-for`, and set `x-forwarded-proto` to `http` or `https` or not at all.',
  ),
  SLUICE_LISTEN_BODY_TOO_LARGE: kind(
    413,
    'downstream',
    false,
    'The request body is larger than this route accepts.',
    'Send less, or raise `routes[].limits.requestBodyBytes`.',
  ),
  SLUICE_LISTEN_EXPECTATION: kind(
    417,
    'downstream',
    false,
    'The request expects something that the gateway does not do.',
    'Send `expect: 100-continue` or no expectation.',
  ),
  SLUICE_LISTEN_METHOD: kind(
    501,
    'downstream',
    false,
    'The method is one that the gateway does not forward.',
    'Use another method; CONNECT, TRACE and protocol upgrades are not forwarded.',
  ),
  SLUICE_LISTEN_TIMEOUT: kind(
    408,
    'downstream',
    true,
    'The request body did not arrive in time.',
    'Send the body without pauses longer than `listeners[].idleMs`.',
  ),
  SLUICE_LISTEN_ABORTED: kind(
    499,
    'downstream',
    true,
    'The client left before the response was complete.',
    'Nothing to do: the status stands in the log only.',
  ),

  SLUICE_PROCESS_ENDED: kind(
    500,
    'internal',
    true,
    'A gateway process ended before it served.',
    'Look for what ended it: the log of the machine tells of processes that took more memory than there is.',
  ),

  SLUICE_SECRET_EGRESS: kind(
    502,
    'upstream',
    false,
    'The response was withheld, as it held something that is not for clients.',
    'Find the secret that the log line of this request id names where the upstream or a filter puts it into the response, and keep it out.',
  ),
  SLUICE_SECRET_UNRESOLVED: kind(
    500,
    'config',
    false,
    'A secret reference does not resolve.',
    'Store the secret, or mend the reference; it is never left as a literal.',
  ),
  SLUICE_SECRET_SEALED: kind(
    500,
    'config',
    false,
    'A secret in the store is not as it was sealed.',
    'Set it again with `sluice secret set`, and find out who writes to the store: entries are never half written.',
  ),
  SLUICE_SECRET_KEYS: kind(
    500,
    'config',
    false,
    'The keys of secrets cannot be used, or one that is needed is not among them.',
    'Mend the key file at the line that the message names, or add the key to it; SIGHUP has a gateway read it again.',
  ),
  SLUICE_SECRET_IN_USE: kind(
    500,
    'config',
    false,
    'A secret cannot be removed, as a release needs it.',
    'Apply a release that does without it first, or use `--force`.',
  ),

  SLUICE_INTERNAL: kind(
    500,
    'internal',
    false,
    'The gateway failed on this request.',
    'This is a bug of the gateway: report the log line of this request id.',
  ),
});

/** A row of the table: `SLUICE_<AREA>_<WHAT>`. */
export type ErrorCode = keyof typeof ERROR_TABLE;
