// How much may be written into one cork of uWebSockets.js. A write that does not fit makes the engine send what the
// cork holds first; when the socket takes nothing of that just then, the engine keeps what the cork held and loses the
// write itself (measured; https://github.com/uNetworking/uWebSockets.js/issues/1249). Only `tryEnd` tells of it.
import type { UwsResponse } from './uws-engine.js';

/** Size of the buffer of a cork, in bytes. */
const CORK_BYTES = 16 * 1024;
/** At most what the engine writes around the head and the body of a response: status line, date, length. */
const AROUND_BYTES = 256;

/** Bytes of ours that one cork holds for certain. */
export const CORK_ROOM = CORK_BYTES - AROUND_BYTES;

/** Runs `write`, which writes `bytes` bytes: in a cork when they fit, which saves system calls, else without. */
export function corkIfRoom(res: UwsResponse, bytes: number, write: () => void): void {
  if (bytes <= CORK_ROOM) res.cork(write);
  else write();
}

let engineCorks = false;

/**
 * To be called when the engine calls for a request or a piece of its body, and `endEngineCork` before its handler
 * returns. It holds a cork of its own meanwhile, so a second one inside would write to the same 16 KiB.
 */
export function beginEngineCork(): void {
  engineCorks = true;
}

export function endEngineCork(): void {
  engineCorks = false;
}

/** True while no cork of ours can begin. */
export function engineHoldsCork(): boolean {
  return engineCorks;
}
