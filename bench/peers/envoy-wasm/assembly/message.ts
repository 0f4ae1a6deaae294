// Fields and bodies of the exchange that the host has at hand.
import { ABSENT, Bytes, isJsonMediaType, mediaType } from 'sluice';
import { decimal } from 'sluice/bytes';
import {
  proxy_get_buffer_bytes,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_send_local_response,
  proxy_set_buffer_bytes,
} from './env';

// Maps of fields and buffers have one numbering each.
export const REQUEST_FIELDS: i32 = 0;
export const RESPONSE_FIELDS: i32 = 2;
export const REQUEST_BODY: i32 = 0;
export const RESPONSE_BODY: i32 = 1;

const OK: i32 = 0;
const NO_GRPC: i32 = -1;
const CONTENT_TYPE = Bytes.from('content-type');
const CONTENT_LENGTH = Bytes.from('content-length');

/** Where the host writes the place and the length of a value. */
const found = memory.data(8);

export function field(map: i32, name: Bytes): Bytes {
  return proxy_get_header_map_value(map, name.address, name.length, found, found + 4) == OK
    ? foundBytes()
    : ABSENT;
}

export function replaceField(map: i32, name: Bytes, value: Bytes): void {
  proxy_replace_header_map_value(map, name.address, name.length, value.address, value.length);
}

export function removeField(map: i32, name: Bytes): void {
  proxy_remove_header_map_value(map, name.address, name.length);
}

export function isJson(map: i32): bool {
  const value = field(map, CONTENT_TYPE);
  return value.exists && isJsonMediaType(mediaType(value));
}

/** The first `length` bytes of a body. */
export function body(buffer: i32, length: i32): Bytes {
  return proxy_get_buffer_bytes(buffer, 0, length, found, found + 4) == OK ? foundBytes() : ABSENT;
}

/** Puts another body in the place of a whole one, of a message whose head is still here. */
export function replaceBody(map: i32, buffer: i32, length: i32, bytes: Bytes): void {
  proxy_set_buffer_bytes(buffer, 0, length, bytes.address, bytes.length);
  replaceField(map, CONTENT_LENGTH, decimal(bytes.length, false));
}

/** Answers in place of the upstream. */
export function answer(status: i32, text: Bytes = ABSENT): void {
  proxy_send_local_response(status, 0, 0, text.address, text.length, 0, 0, NO_GRPC);
}

function foundBytes(): Bytes {
  return new Bytes(load<usize>(found), load<i32>(found, 4));
}
