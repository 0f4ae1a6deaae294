// What is known of each exchange that is under way, by the number that the host gave it. The place of one that is over is
// taken by the next, so there are as many as there were exchanges at once.

/** Its request is held, and its body held to the schema. */
export const VALIDATED: i32 = 1;
/** Its response is cleaned. */
export const CLEANED: i32 = 2;
/** Its response is held. */
export const HELD: i32 = 4;

const BUCKETS: u32 = 1024;
const buckets = memory.data(4 * 1024);

// A stream: u32 place of the next one of its bucket, u32 number, i32 flags, 4 bytes free.
const STREAM: usize = 16;
let free: usize = 0;

/** To be called with nothing at hand, since all memory of the last call is forgotten. */
export function open(stream: u32): void {
  let at = free;
  if (at != 0) {
    free = load<u32>(at);
  } else {
    at = __sluice_begin(STREAM);
    __sluice_keep();
  }
  const bucket = bucketOf(stream);
  store<u32>(at, load<u32>(bucket));
  store<u32>(at, stream, 4);
  store<i32>(at, 0, 8);
  store<u32>(bucket, <u32>at);
}

export function close(stream: u32): void {
  let before = bucketOf(stream);
  for (let at = load<u32>(before); at != 0; before = at, at = load<u32>(at)) {
    if (load<u32>(at, 4) != stream) continue;
    store<u32>(before, load<u32>(at));
    store<u32>(at, <u32>free);
    free = at;
    return;
  }
}

/** The flags of a stream; none where it is not known. */
export function flagsOf(stream: u32): i32 {
  const at = find(stream);
  return at == 0 ? 0 : load<i32>(at, 8);
}

export function setFlags(stream: u32, flags: i32): void {
  const at = find(stream);
  if (at != 0) store<i32>(at, flags, 8);
}

function find(stream: u32): usize {
  let at: usize = load<u32>(bucketOf(stream));
  while (at != 0 && load<u32>(at, 4) != stream) at = load<u32>(at);
  return at;
}

function bucketOf(stream: u32): usize {
  return buckets + ((stream % BUCKETS) << 2);
}
