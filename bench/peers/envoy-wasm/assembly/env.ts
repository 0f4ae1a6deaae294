// What the host gives a filter, by proxy-wasm 0.2.1: functions of the module `env`, which the name of this file is.

/** The value of a field; the host asks `malloc` for its place, and writes that and the length. 0 when it is there. */
export declare function proxy_get_header_map_value(
  map: i32,
  name: usize,
  nameLength: usize,
  value: usize,
  valueLength: usize,
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
