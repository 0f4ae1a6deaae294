// Speaks the ABI itself and breaks the reply frame in the way the path names: `/length` has a wrong length field.
// The offsets are those that sdk/ABI.md draws.
import { FRAME_PATH, REPLY_FIXED } from 'sluice/abi';

// What `throw` compiles to has to be a part of every module.
import 'sluice/host';

const reply = memory.data(64, 8);
const room = memory.data(8192, 8);
const NAME = memory.data<u8>([0x78, 0x2d, 0x61]); // x-a
const PAST_THE_END: u32 = 0xffff_fff0;

export function sluice_begin(length: u32): usize {
  return length <= 8192 ? room : PAST_THE_END;
}

export function sluice_configure(address: usize, length: u32): usize {
  return 0;
}

export function sluice_on_request(frame: usize, length: u32): usize {
  writeGoodReply();
  const path = frame + load<u32>(frame + FRAME_PATH) + 1;
  const size = load<u32>(frame + FRAME_PATH + 4) - 1;
  if (is(path, size, 'length')) store<u32>(reply, PAST_THE_END);
  if (is(path, size, 'count')) store<u32>(reply, u32.MAX_VALUE, 8);
  if (is(path, size, 'decision')) store<u16>(reply, 99, 4);
  if (is(path, size, 'status')) store<u32>(reply, 0x0063_0001, 4);
  if (is(path, size, 'context')) store<u32>(reply, 70_000, 16);
  if (is(path, size, 'context-end')) store<u64>(reply, 0x0000_0010_ffff_fff8, 12);
  if (is(path, size, 'operation')) store<u32>(reply, 99, REPLY_FIXED);
  if (is(path, size, 'name')) store<u32>(reply, PAST_THE_END, REPLY_FIXED + 4);
  if (is(path, size, 'value')) store<u32>(reply, PAST_THE_END, REPLY_FIXED + 12);
  if (is(path, size, 'value-length')) store<u32>(reply, u32.MAX_VALUE, REPLY_FIXED + 16);
  if (is(path, size, 'address')) return PAST_THE_END;
  if (is(path, size, 'nothing')) return 0;
  return reply;
}

/** Continue, and set `x-a: x-a`. */
function writeGoodReply(): void {
  memory.fill(reply, 0, 64);
  store<u32>(reply, 40);
  store<u32>(reply, 1, 8);
  store<u32>(reply, 1, REPLY_FIXED);
  store<u32>(reply, <u32>NAME, REPLY_FIXED + 4);
  store<u32>(reply, 3, REPLY_FIXED + 8);
  store<u32>(reply, <u32>NAME, REPLY_FIXED + 12);
  store<u32>(reply, 3, REPLY_FIXED + 16);
}

function is(at: usize, size: i32, text: string): bool {
  if (size != text.length) return false;
  for (let i = 0; i < size; i++) if (load<u8>(at + i) != text.charCodeAt(i)) return false;
  return true;
}
