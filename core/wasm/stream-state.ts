// What one filter has between two chunks of a body: the context it kept, and the bytes it held. They travel with the
// next chunk, so any worker can go on.
//
//   u32 length of the context | context | held

export interface StreamState {
  readonly context: Uint8Array | null;
  readonly held: Uint8Array;
}

const HEAD_BYTES = 4;
const NOTHING = new Uint8Array(0);

export const NO_STATE: StreamState = Object.freeze({ context: null, held: NOTHING });

/**
 * Null for a state with nothing in it.
 * @param take room for so many bytes
 */
export function encodeState(
  { context, held }: StreamState,
  take: (length: number) => Uint8Array,
): Uint8Array | null {
  const contextBytes = context === null ? 0 : context.byteLength;
  if (contextBytes + held.byteLength === 0) return null;
  const bytes = take(HEAD_BYTES + contextBytes + held.byteLength);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, contextBytes, true);
  if (context !== null) bytes.set(context, HEAD_BYTES);
  bytes.set(held, HEAD_BYTES + contextBytes);
  return bytes;
}

/** Views of `bytes`. */
export function decodeState(bytes: Uint8Array | null): StreamState {
  if (bytes === null) return NO_STATE;
  const contextBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const heldAt = HEAD_BYTES + contextBytes;
  return {
    context: contextBytes === 0 ? null : bytes.subarray(HEAD_BYTES, heldAt),
    held: bytes.subarray(heldAt),
  };
}
