// What filter authors import from 'sluice'. The comments that stand before exports are the headings of the reference.

// The exchange
export { Request, Params } from './request';
export { Response } from './response';
export { Headers } from './headers';
export { Certificate, CertificateNames } from './certificate';
export { Query } from './query';
export { Chunk, stop } from './chunk';
export { Bytes, ABSENT } from './bytes';
export { BytesWriter } from './bytes-writer';

// What a phase returns
export { Decision, next, respond, Answer, problemDocument } from './decision';
export { Callout, Outcome, Upstream } from './callout';

// Configuration
export { refuse } from './config';

// JSON
export { Json, JsonType, parseProblem } from './json/json';
export { JsonWriter } from './json/writer';
export { JsonEditor } from './json/editor';
export { JsonStream } from './json/stream';
export { JsonValueAtHand } from './json/value-at-hand';
export { JsonRules } from './json/rules';
export { JsonAction } from './json/action';
export { NameSet } from './json/name-set';
export { hasUniqueNames } from './json/duplicates';
export { Schema, Verdict } from './schema';

// GraphQL
export { GraphqlSchema, GraphqlVerdict } from './graphql';

// What fields hold
export { Cookies } from './cookies';
export { isJsonMediaType, isMediaType, mediaParameter, MediaParameters, mediaType } from './media-type';
export { Accept } from './accept';
export { StructuredItem, StructuredMembers, StructuredType } from './structured-fields/member';
export { structured } from './structured-fields/structured';
export { combinedField } from './combined-field';
export { isFieldValue, isFramingHeader, isToken } from './framing';

// Searching and matching
export { Anchor, Patterns } from './pattern/patterns';
export { PatternSet } from './pattern/pattern-set';
export { Matches } from './pattern/matches';
export { Glob } from './glob';
export { PathPattern, PathReading, PathSegments } from './path-pattern';
export { HeaderConditions } from './header-conditions';

// URLs and addresses
export { Url } from './url/url';
export { UrlFailure } from './url/failure';
export { HostKind } from './url/host';
export { IpAddress } from './ip/address';
export { CidrSet } from './ip/cidr-set';

// Encodings
export { base64Decode, base64Encode, base64UrlDecode, base64UrlEncode, Padding } from './codec/base64';
export { hexDecode, hexEncode } from './codec/hex';
export { percentDecode, percentEncode } from './percent';
export { isUtf8 } from './codec/utf8';

// Secrets and signatures
export { Secret } from './secret';
export { hmacSha256, sha256 } from './hash';
export { EcPublicKey, RsaPublicKey } from './public-key';
export { equalsConstantTime } from './codec/constant-time';

// Services of the host
export { log } from './log';
export { clock } from './clock';
export { random } from './random';
export { Count, Counter } from './counter';
export { Metric } from './metric';

// Tracing in tests
export { trace } from './trace';
