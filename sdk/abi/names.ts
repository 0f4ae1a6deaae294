// The names of the ABI: what a module must have and what it may import. For the host only: in abi.ts each of these texts
// would become bytes of every guest.

// Names a module must have.
export const MANIFEST_SECTION = 'sluice.manifest';
export const IMPORT_MODULE = 'sluice';

// Exports of a guest.
//   sluice_begin(length: u32) -> address u32
//        starts a call: frees what the last call allocated and returns room for `length` bytes, 8-aligned
//   sluice_configure(address u32, length u32) -> reply address u32      config as JSON text in UTF-8
//   sluice_on_request(address u32, length u32) -> reply address u32     exchange frame
//   sluice_on_response(address u32, length u32) -> reply address u32    exchange frame
//   sluice_on_body(address u32, length u32) -> reply address u32
//        body mode `stream`: the exchange frame of the phase again, with a chunk of the body
//   sluice_on_callout(address u32, length u32, outcome u32, outcomeLength u32) -> reply address u32
//        capability `callouts`: the exchange frame of the phase again, and what the callout came to
// and it imports its memory as env.memory with a maximum.
export const EXPORT_BEGIN = 'sluice_begin';
export const EXPORT_CONFIGURE = 'sluice_configure';
export const EXPORT_ON_REQUEST = 'sluice_on_request';
export const EXPORT_ON_RESPONSE = 'sluice_on_response';
export const EXPORT_ON_BODY = 'sluice_on_body';
export const EXPORT_ON_CALLOUT = 'sluice_on_callout';

// Imports a guest may use, all from IMPORT_MODULE.
//   abort(message, messageLength, file, fileLength, line, column)   always there; never returns. UTF-16 text, lengths in bytes
//   log(level, address, length)                                     capability `log`; UTF-8 text
//   schema_compile(address, length) -> i32                          capability `schemas`; JSON Schema text, in
//        configure only; answers an id >= 0, or -length of a message that schema_message copies
//   schema_check(id, address, length) -> i32                        capability `schemas`; 0: valid, 1: not JSON,
//        2: does not fit; schema_message then has the findings
//   schema_check_unique(id, address, length) -> i32                 capability `schemas`; as schema_check, and 3: valid, and no
//        object has two members of one name. 0 says nothing of names
//   schema_message(address, capacity) -> i32                        capability `schemas`; copies at most capacity
//        bytes of the last message (UTF-8 JSON) and answers its whole length
//   clock_wall() -> f64                                             capability `clock`; milliseconds since 1970 UTC
//   clock_monotonic() -> f64                                        capability `clock`; milliseconds since some moment
//   random(address, length)                                         capability `random`; fills with random bytes
//   counter_add(key, keyLength, windowMs u32, delta i32, count) -> i32   capability `counters`; 0: count is written,
//        1: the table is full of counters that live. windowMs 0: the counter never begins anew
//   metric_define(kind, address, length) -> i32                     capability `metrics`; JSON description, in
//        configure only; answers an id
//   metric_record(id, value f64)                                    capability `metrics`; adds, sets or observes
//   callout_upstream(address, length) -> i32                        capability `callouts`; in configure only; answers
//        the id of an upstream that was granted, or fails the load
//   secret_find(address, length) -> i32                             capability `secrets`; in configure only; answers
//        the id of a secret that was granted, or fails the load
//   secret_read(id, address, capacity) -> i32                       capability `secrets`; copies at most capacity
//        bytes and answers the whole length; ends the call when the grant does not say `read`
//   domain_to_ascii(address, length, to, capacity) -> i32           capability `idna`; UTF-8 in, ASCII out: copies at
//        most capacity bytes and answers the whole length, 0 for what is no domain
//   sha256(address, length, digest)                                 capability `crypto`; writes SHA256_BYTES to digest
//   hmac_sha256(key, keyLength, address, length, code)              capability `crypto`; writes SHA256_BYTES to code
//   hmac_sha256_secret(id, address, length, code)                   capability `crypto`; the key is a secret of
//        secret_find; ends the call when its grant says neither `sign` nor `read`
//   public_key_import(kind, first, firstLength, second, secondLength) -> i32   capability `crypto`; two members of a JSON
//        Web Key as text, in configure only; answers an id >= 0, or -1 for what is no key of that kind
//   signature_verify(id, address, length, signature, signatureLength) -> i32   capability `crypto`; 1: the signature is one
//        of the bytes by the key, with SHA-256, 0: it is not
//   pattern_compile(address, length) -> i32                         capability `patterns`; JSON list of patterns, in
//        configure only; answers the bytes of their tables, or -length of a message
//   pattern_take(address, capacity) -> i32                          capability `patterns`; copies at most capacity
//        bytes of the last tables or message and answers their whole length
//   graphql_compile(address, length) -> i32                         capability `graphql`; schema definition text, in
//        configure only; answers an id >= 0, or -length of a message that graphql_message copies
//   graphql_check(id, address, length, name, nameLength) -> i32     capability `graphql`; a document and the name of the
//        operation that will run; 0: valid, 1: not GraphQL, 2: does not fit; graphql_message then has fields or findings
//   graphql_fields(id, address, length) -> i32                      capability `graphql`; `Type` or `Type.field`, in
//        configure only; answers how many fields it stands for, -1: none of this name; graphql_message then has them
//   graphql_message(address, capacity) -> i32                       capability `graphql`; copies at most capacity
//        bytes of the last message and answers its whole length
//   trace(label, labelLength, value, valueLength i32)               in test harnesses only: a gateway refuses a module
//        that imports it. UTF-8 text; length -1: no value was given, -2: the value is absent
export const IMPORT_ABORT = 'abort';
export const IMPORT_TRACE = 'trace';
export const IMPORT_LOG = 'log';
export const IMPORT_SCHEMA_COMPILE = 'schema_compile';
export const IMPORT_SCHEMA_CHECK = 'schema_check';
export const IMPORT_SCHEMA_CHECK_UNIQUE = 'schema_check_unique';
export const IMPORT_SCHEMA_MESSAGE = 'schema_message';
export const IMPORT_CLOCK_WALL = 'clock_wall';
export const IMPORT_CLOCK_MONOTONIC = 'clock_monotonic';
export const IMPORT_RANDOM = 'random';
export const IMPORT_COUNTER_ADD = 'counter_add';
export const IMPORT_METRIC_DEFINE = 'metric_define';
export const IMPORT_METRIC_RECORD = 'metric_record';
export const IMPORT_SECRET_FIND = 'secret_find';
export const IMPORT_SECRET_READ = 'secret_read';
export const IMPORT_CALLOUT_UPSTREAM = 'callout_upstream';
export const IMPORT_DOMAIN_TO_ASCII = 'domain_to_ascii';
export const IMPORT_SHA256 = 'sha256';
export const IMPORT_HMAC_SHA256 = 'hmac_sha256';
export const IMPORT_HMAC_SHA256_SECRET = 'hmac_sha256_secret';
export const IMPORT_PUBLIC_KEY_IMPORT = 'public_key_import';
export const IMPORT_SIGNATURE_VERIFY = 'signature_verify';
export const IMPORT_PATTERN_COMPILE = 'pattern_compile';
export const IMPORT_PATTERN_TAKE = 'pattern_take';
export const IMPORT_GRAPHQL_COMPILE = 'graphql_compile';
export const IMPORT_GRAPHQL_CHECK = 'graphql_check';
export const IMPORT_GRAPHQL_FIELDS = 'graphql_fields';
export const IMPORT_GRAPHQL_MESSAGE = 'graphql_message';
