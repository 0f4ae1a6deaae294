// The policy of bench/harness/job.ts as a filter for Envoy, by proxy-wasm 0.2.1. What the host puts into memory in a call is
// not needed after it, so every call begins at the same place.
import { proxy_get_header_map_value, proxy_send_local_response } from './env';

const REQUEST_HEADERS: i32 = 0;
const CONTINUE: i32 = 0;
const PAUSE: i32 = 1;
const OK: i32 = 0;
const FORBIDDEN: i32 = 403;
const NO_GRPC: i32 = -1;

const METHOD = String.UTF8.encode(':method');
const PATH = String.UTF8.encode(':path');
const POST = String.UTF8.encode('POST');
const GET = String.UTF8.encode('GET');
const POSTED: StaticArray<ArrayBuffer> = [
  String.UTF8.encode('/policed'),
  String.UTF8.encode('/filtered'),
  String.UTF8.encode('/filtered-page'),
];
const READ = String.UTF8.encode('/read');

/** Where the host writes the place and the length of a value. */
const found = memory.data(8);
const PAGE_BITS = 16;
/** Behind all that was allocated above. */
const values = heap.alloc(8);
let end: usize = values;

export function proxy_abi_version_0_2_1(): void {}

export function malloc(size: usize): usize {
  const at = end;
  end = (at + size + 7) & ~7;
  const missing = <isize>end - (memory.size() << PAGE_BITS);
  if (missing > 0) memory.grow(<i32>((missing >> PAGE_BITS) + 1));
  return at;
}

export function proxy_on_vm_start(_context: i32, _size: i32): i32 {
  return 1;
}

export function proxy_on_configure(_context: i32, _size: i32): i32 {
  return 1;
}

export function proxy_on_context_create(_context: i32, _parent: i32): void {}

export function proxy_on_request_headers(_context: i32, _count: i32, _isLast: i32): i32 {
  end = values;
  if (isAllowed()) return CONTINUE;
  proxy_send_local_response(FORBIDDEN, 0, 0, 0, 0, 0, 0, NO_GRPC);
  return PAUSE;
}

function isAllowed(): bool {
  if (!read(PATH)) return false;
  const path = load<usize>(found);
  const pathLength = lengthBeforeQuery(path, load<usize>(found, 4));
  if (!read(METHOD)) return false;
  const method = load<usize>(found);
  const methodLength = load<usize>(found, 4);
  if (isEqual(method, methodLength, GET)) return isEqual(path, pathLength, READ);
  if (!isEqual(method, methodLength, POST)) return false;
  for (let i = 0; i < POSTED.length; i++) if (isEqual(path, pathLength, unchecked(POSTED[i]))) return true;
  return false;
}

function read(name: ArrayBuffer): bool {
  const at = changetype<usize>(name);
  return proxy_get_header_map_value(REQUEST_HEADERS, at, <usize>name.byteLength, found, found + 4) == OK;
}

function lengthBeforeQuery(path: usize, length: usize): usize {
  for (let i: usize = 0; i < length; i++) if (load<u8>(path + i) == 0x3f) return i;
  return length;
}

function isEqual(at: usize, length: usize, text: ArrayBuffer): bool {
  return length == <usize>text.byteLength && memory.compare(at, changetype<usize>(text), length) == 0;
}
