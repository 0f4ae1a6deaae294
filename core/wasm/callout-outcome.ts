// What a callout came to, as the guest that asked for it gets it. The layout is drawn in sdk/abi/abi.ts.
import {
  OUTCOME_BODY,
  OUTCOME_FAILURE,
  OUTCOME_FIXED,
  OUTCOME_HEADERS,
  OUTCOME_LEFT,
  OUTCOME_STATE,
  OUTCOME_STATUS,
  TABLE_ENTRY,
} from '../../sdk/abi/abi.js';

export interface CalloutOutcome {
  /** 0 when no response came. */
  readonly status: number;
  /** `CALLOUT_*` of sdk/abi. */
  readonly failure: number;
  /** Flat `[name, value, …]`, one character for each byte. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | null;
}

/**
 * @param state what the filter kept for itself
 * @param left  callouts that it may still ask for in this phase
 */
export function encodeOutcome(outcome: CalloutOutcome, state: Uint8Array | null, left: number): Uint8Array {
  const { headers, body } = outcome;
  const text = headers.join('');
  const textAt = OUTCOME_FIXED + (headers.length / 2) * TABLE_ENTRY;
  const bodyAt = textAt + text.length;
  const stateAt = bodyAt + (body?.byteLength ?? 0);
  const bytes = Buffer.alloc(stateAt + (state?.byteLength ?? 0));
  const span = (at: number, offset: number, length: number): void => {
    bytes.writeUInt32LE(length === 0 ? 0 : offset, at);
    bytes.writeUInt32LE(length, at + 4);
  };
  bytes.writeUInt32LE(outcome.status, OUTCOME_STATUS);
  bytes.writeUInt32LE(outcome.failure, OUTCOME_FAILURE);
  bytes.writeUInt32LE(left, OUTCOME_LEFT);
  span(OUTCOME_HEADERS, OUTCOME_FIXED, headers.length / 2);
  span(OUTCOME_BODY, bodyAt, body?.byteLength ?? 0);
  span(OUTCOME_STATE, stateAt, state?.byteLength ?? 0);
  let offset = textAt;
  headers.forEach((part, index) => {
    span(OUTCOME_FIXED + index * 8, offset, part.length);
    offset += part.length;
  });
  bytes.write(text, textAt, 'latin1');
  if (body !== null) bytes.set(body, bodyAt);
  if (state !== null) bytes.set(state, stateAt);
  return bytes;
}

/** How many callouts the filter that gets this outcome may still ask for. */
export function calloutsLeft(outcome: Uint8Array): number {
  return new DataView(outcome.buffer, outcome.byteOffset).getUint32(OUTCOME_LEFT, true);
}
