// How large the head of a request may be, for both engines. uWebSockets.js takes it from the environment when it is
// loaded, once for the process, so whoever imports that package imports this file first.

const VARIABLE = 'UWS_HTTP_MAX_HEADERS_SIZE';
/** Cookies of single sign-on alone have more than 4 KiB, which is what the engine takes by itself. */
const DEFAULT_BYTES = 16 * 1024;
const LEAST_BYTES = 4 * 1024;
/** A connection can make the gateway keep as much before anything is known of its request, and a ring has to take it. */
const MOST_BYTES = 64 * 1024;

/** What the environment says, or the default for what is no such size. */
export function headBytesOf(text: string | undefined): number {
  const bytes = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  return bytes >= LEAST_BYTES && bytes <= MOST_BYTES ? bytes : DEFAULT_BYTES;
}

/** Bytes of request line and fields together, with the empty line at their end. */
export const MAX_HEAD_BYTES = headBytesOf(process.env[VARIABLE]);

process.env[VARIABLE] = String(MAX_HEAD_BYTES);
