// What the host gives a filter, by proxy-wasm 0.2.1: functions of the module `env`, which the name of this file is. Each
// answers 0 when it did what it was asked for. Where a value comes back, the host asks `malloc` for its place, and writes
// that and the length.

export declare function proxy_get_header_map_value(
  map: i32,
  name: usize,
  nameLength: usize,
  value: usize,
  valueLength: usize,
): i32;

export declare function proxy_replace_header_map_value(
  map: i32,
  name: usize,
  nameLength: usize,
  value: usize,
  valueLength: usize,
): i32;

export declare function proxy_remove_header_map_value(map: i32, name: usize, nameLength: usize): i32;

export declare function proxy_get_buffer_bytes(
  buffer: i32,
  start: i32,
  length: i32,
  bytes: usize,
  bytesLength: usize,
): i32;

/** Puts bytes in the place of those that were there from `start` on. */
export declare function proxy_set_buffer_bytes(
  buffer: i32,
  start: i32,
  length: i32,
  bytes: usize,
  bytesLength: usize,
): i32;

export declare function proxy_send_local_response(
  status: i32,
  details: usize,
  detailsLength: usize,
  body: usize,
  bodyLength: usize,
  headers: usize,
  headersLength: usize,
  grpcStatus: i32,
): i32;
