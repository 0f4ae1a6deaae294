// The ABI of Sluice filters, version 1: the one definition. Both compilers read this file, `tsc` for the host
// and `asc` for guests, so it holds plain constants only. sdk/ABI.md is the full specification.
//
// All integers are little-endian. A span is two u32: offset, length. Offsets of the exchange frame count from
// the first byte of the frame; addresses of the reply frame count from the start of the guest's memory.

/** What the SDK builds for, and the newest that the gateway runs. */
export const ABI_VERSION = 1;
/** The oldest that the gateway runs. */
export const OLDEST_ABI_VERSION = 1;

// Phases.
export const PHASE_REQUEST = 1;
export const PHASE_RESPONSE = 2;

// Exchange frame, host to guest. Fixed part, then header tables, then bytes.
//
//   0        116                                                length
//   | fixed | request headers | response headers | params | bytes … |
//
// With FLAG_CERTIFICATE the fixed part goes on to 124, and the table of the certificate stands behind the params.
//
export const FRAME_VERSION = 0; //          u16  ABI_VERSION
export const FRAME_PHASE = 2; //            u8   PHASE_*
export const FRAME_FLAGS = 3; //            u8   FLAG_*
export const FRAME_LENGTH = 4; //           u32  bytes of the whole frame
export const FRAME_STATUS = 8; //           u32  response phase: status; else 0
export const FRAME_REQUEST_HEADERS = 12; // span of a table: offset, number of entries
export const FRAME_RESPONSE_HEADERS = 20; // span of a table: offset, number of entries
export const FRAME_PARAMS = 28; //          span of a table: offset, number of entries
export const FRAME_METHOD = 36; //          span
export const FRAME_SCHEME = 44; //          span
export const FRAME_AUTHORITY = 52; //       span
export const FRAME_PATH = 60; //            span
export const FRAME_QUERY = 68; //           span
export const FRAME_CLIENT = 76; //          span  address of the client in text
export const FRAME_ID = 84; //              span  request id
export const FRAME_ROUTE = 92; //           span  route id
export const FRAME_BODY = 100; //           span  body of the message of this phase
export const FRAME_CONTEXT = 108; //        span  what the request phase of the same filter kept
export const FRAME_FIXED = 116; //          bytes of the fixed part
export const FRAME_CERTIFICATE = 116; //    span of a table: offset, number of entries; with FLAG_CERTIFICATE only
export const FRAME_FIXED_WITH_CERTIFICATE = 124; // bytes of the fixed part then

// A table entry: span of the name, span of the value.
export const TABLE_ENTRY = 16;

// Flags of the exchange frame.
export const FLAG_BODY = 1; //    the body is complete in FRAME_BODY (absent: the filter did not ask, or none came)
export const FLAG_FOLLOWS = 2; // body mode `stream`: there is a body, and its chunks come after this call
export const FLAG_CHUNK = 4; //   call of sluice_on_body: FRAME_BODY is a chunk of the body, behind what was held of it
export const FLAG_LAST = 8; //    with FLAG_CHUNK: no chunk follows
export const FLAG_CERTIFICATE = 16; // FRAME_CERTIFICATE tells of the certificate that the client has shown

// Reply frame, guest to host. Address 0 means: continue, no edits, no context.
export const REPLY_LENGTH = 0; //   u32  bytes of this frame: REPLY_FIXED + edits * EDIT_SIZE
export const REPLY_DECISION = 4; // u16  DECISION_*
export const REPLY_STATUS = 6; //   u16  status of DECISION_RESPOND; else 0
export const REPLY_EDITS = 8; //    u32  number of edits that follow the fixed part
export const REPLY_CONTEXT = 12; // address u32, length u32; length 0: none
export const REPLY_FIXED = 20; //   bytes of the fixed part

export const DECISION_CONTINUE = 0;
export const DECISION_RESPOND = 1;
/** Only from `configure`: the config is refused; EDIT_MESSAGE carries pointer and reason. */
export const DECISION_REFUSE = 2;
/** Only with the capability `callouts`: the edits describe a request to an upstream, REPLY_CONTEXT is the state. */
export const DECISION_CALLOUT = 3;
/** Only for a chunk of a response: the client must not take what it got for whole; EDIT_MESSAGE carries the reason. */
export const DECISION_STOP = 4;

// An edit: u32 operation, address and length of the name, address and length of the value.
export const EDIT_SIZE = 20;
export const EDIT_OPERATION = 0;
export const EDIT_NAME = 4;
export const EDIT_VALUE = 12;

// Operations. On DECISION_RESPOND header and body edits describe the response that the filter gives.
export const EDIT_SET_HEADER = 1; //    name, value
export const EDIT_ADD_HEADER = 2; //    name, value
export const EDIT_REMOVE_HEADER = 3; // name
export const EDIT_SET_PATH = 4; //      value; request phase
export const EDIT_SET_QUERY = 5; //     value without `?`; request phase
export const EDIT_SET_BODY = 6; //      value; only when the filter asked for the body, or with RESPOND. Of a chunk: what goes on
export const EDIT_SET_STATUS = 7; //    value: three ASCII digits, 200 … 599; response phase
export const EDIT_MESSAGE = 8; //       value: reason; with REFUSE, name: JSON Pointer into the config; with STOP
export const EDIT_CALLOUT = 9; //       name: method, value: u32 id of the upstream, u32 milliseconds; with CALLOUT
export const EDIT_SECRET_HEADER = 10; // name, value: u32 id of the secret, then the text that stands before it; request phase
export const EDIT_HOLD = 11; //         value: u32 bytes at the end of the chunk that come again in front of the next one
export const EDIT_PASS = 12; //         body mode `stream`: the rest of the body passes without this filter

// Outcome of a callout, host to guest. Offsets count from its first byte.
export const OUTCOME_STATUS = 0; //  u32  status of the response; 0: none came, and OUTCOME_FAILURE says why
export const OUTCOME_FAILURE = 4; // u32  CALLOUT_*
export const OUTCOME_HEADERS = 8; // span of a table: offset, number of entries
export const OUTCOME_BODY = 16; //   span
export const OUTCOME_STATE = 24; //  span  REPLY_CONTEXT of the callout
export const OUTCOME_LEFT = 32; //   u32  callouts that the filter may still ask for in this phase
export const OUTCOME_FIXED = 36; //  bytes of the fixed part

export const CALLOUT_DONE = 0;
export const CALLOUT_FAILED = 1; //    no target, no connection, no HTTP, or cut midway
export const CALLOUT_TIMEOUT = 2;
export const CALLOUT_TOO_LARGE = 3; // the body of the response

export const LOG_DEBUG = 0;
export const LOG_INFO = 1;
export const LOG_WARN = 2;
export const LOG_ERROR = 3;

export const SCHEMA_VALID = 0;
export const SCHEMA_NOT_JSON = 1;
export const SCHEMA_MISMATCH = 2;
export const SCHEMA_UNIQUE = 3; // valid, and no object has two members of one name

export const GRAPHQL_VALID = 0;
export const GRAPHQL_NOT_GRAPHQL = 1;
export const GRAPHQL_MISMATCH = 2;

export const METRIC_COUNTER = 0;
export const METRIC_GAUGE = 1;
export const METRIC_HISTOGRAM = 2;

// What counter_add writes.
export const COUNT_CURRENT = 0; //  u32  count of the present window
export const COUNT_PREVIOUS = 4; // u32  count of the window before
export const COUNT_ELAPSED = 8; //  u32  milliseconds since the present window began
export const COUNT_BYTES = 12;

// What pattern_compile makes: one table after the other, each an automaton over bytes for some of the patterns.
//
//   0       16              272
//   | fixed | class of each | rows, one for each state | lists of matches |
//
// A row: u32 next row for each class, u32 next row at the end of the text, u32 offset of a list in this table (0: none).
// Rows are named by their distance from PATTERN_ROWS in bytes. A list: 8 bytes of zero, for the guest to mark what it has
// read; u32 number of entries; then the entries: u32 index of the pattern times 2, plus 1 when the match ended before the
// byte that led to the row. Those come first: a pattern may have two entries.
export const PATTERN_LENGTH = 0; //  u32  bytes of this table
export const PATTERN_ROW = 4; //     u32  bytes of a row
export const PATTERN_START = 8; //   u32  row to start with
export const PATTERN_DEAD = 12; //   u32  row that nothing leaves and that tells nothing; all rows behind it have a list
export const PATTERN_CLASSES = 16; // u8  for each of the 256 bytes
export const PATTERN_ROWS = 272; //  where the rows begin
export const PATTERN_LIST_SIZE = 8; //     u32  in a list: number of entries
export const PATTERN_LIST_ENTRIES = 12; // where the entries begin

// What sha256, hmac_sha256 and hmac_sha256_secret write.
export const SHA256_BYTES = 32;

// Kinds of public_key_import.
export const PUBLIC_KEY_RSA = 0; //  members n and e; signatures of RS256
export const PUBLIC_KEY_P256 = 1; // members x and y; signatures of ES256

// Hard limits of the frames, and of what one call may hash.
export const MAX_HASH_BYTES = 8388608; // data, or key, of one call of these, and data of signature_verify
export const MAX_PUBLIC_KEYS = 256; //    that one instance may import
export const MAX_EDITS = 1024;
export const MAX_CONTEXT_BYTES = 65536;
export const MAX_HEADER_BYTES = 65536; // a name or a value of one edit, the body apart
export const MAX_EDIT_BYTES = 262144; //  names and values of all edits together, the body apart
export const MAX_CHUNK_BYTES = 65536; //  most new bytes of a chunk
export const MAX_HELD_BYTES = 65536; //   most bytes of a chunk that come again
export const MAX_CALLOUT_MS = 60000; //   longest time of one callout
export const MAX_CALLOUTS = 8; //         callouts of one filter in one phase of one exchange
