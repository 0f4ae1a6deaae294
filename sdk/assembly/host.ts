// The functions a host offers, declared as sdk/ABI.md lists them. One that a filter never calls is not imported.

// @ts-ignore: decorator
@external('sluice', 'abort')
declare function hostAbort(message: usize, messageLength: u32, file: usize, fileLength: u32, line: u32, column: u32): void;

// @ts-ignore: decorator
@external('sluice', 'log')
export declare function hostLog(level: u32, address: usize, length: u32): void;

// @ts-ignore: decorator
@external('sluice', 'schema_compile')
export declare function hostSchemaCompile(address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'schema_check')
export declare function hostSchemaCheck(id: i32, address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'schema_check_unique')
export declare function hostSchemaCheckUnique(id: i32, address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'schema_message')
export declare function hostSchemaMessage(address: usize, capacity: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'clock_wall')
export declare function hostClockWall(): f64;

// @ts-ignore: decorator
@external('sluice', 'clock_monotonic')
export declare function hostClockMonotonic(): f64;

// @ts-ignore: decorator
@external('sluice', 'random')
export declare function hostRandom(address: usize, length: u32): void;

// @ts-ignore: decorator
@external('sluice', 'counter_add')
export declare function hostCounterAdd(key: usize, keyLength: u32, windowMs: u32, delta: i32, count: usize): i32;

// @ts-ignore: decorator
@external('sluice', 'metric_define')
export declare function hostMetricDefine(kind: i32, address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'metric_record')
export declare function hostMetricRecord(id: i32, value: f64): void;

// @ts-ignore: decorator
@external('sluice', 'callout_upstream')
export declare function hostCalloutUpstream(address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'secret_find')
export declare function hostSecretFind(address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'secret_read')
export declare function hostSecretRead(id: u32, address: usize, capacity: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'domain_to_ascii')
export declare function hostDomainToAscii(address: usize, length: u32, to: usize, capacity: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'sha256')
export declare function hostSha256(address: usize, length: u32, digest: usize): void;

// @ts-ignore: decorator
@external('sluice', 'hmac_sha256')
export declare function hostHmacSha256(key: usize, keyLength: u32, address: usize, length: u32, code: usize): void;

// @ts-ignore: decorator
@external('sluice', 'hmac_sha256_secret')
export declare function hostHmacSha256Secret(id: u32, address: usize, length: u32, code: usize): void;

// @ts-ignore: decorator
@external('sluice', 'public_key_import')
export declare function hostPublicKeyImport(
  kind: i32,
  first: usize,
  firstLength: u32,
  second: usize,
  secondLength: u32,
): i32;

// @ts-ignore: decorator
@external('sluice', 'signature_verify')
export declare function hostSignatureVerify(
  id: i32,
  address: usize,
  length: u32,
  signature: usize,
  signatureLength: u32,
): i32;

// @ts-ignore: decorator
@external('sluice', 'pattern_compile')
export declare function hostPatternCompile(address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'pattern_take')
export declare function hostPatternTake(address: usize, capacity: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'graphql_compile')
export declare function hostGraphqlCompile(address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'graphql_check')
export declare function hostGraphqlCheck(id: i32, address: usize, length: u32, name: usize, nameLength: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'graphql_fields')
export declare function hostGraphqlFields(id: i32, address: usize, length: u32): i32;

// @ts-ignore: decorator
@external('sluice', 'graphql_message')
export declare function hostGraphqlMessage(address: usize, capacity: u32): i32;

/** What `throw` and failed assertions compile to. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const messageAt = changetype<usize>(message);
  const fileAt = changetype<usize>(file);
  hostAbort(
    messageAt,
    messageAt == 0 ? 0 : load<u32>(messageAt - 4),
    fileAt,
    fileAt == 0 ? 0 : load<u32>(fileAt - 4),
    line,
    column,
  );
  unreachable();
}
