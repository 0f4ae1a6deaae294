// Guest memory that holds a reply frame, as a filter would lay it out.

import { GuestView } from '../../core/wasm/guest-view.js';
import { KnownTexts } from '../../core/wasm/known-texts.js';
import { ScratchBytes } from '../../core/wasm/scratch-bytes.js';
import {
  EDIT_NAME,
  EDIT_OPERATION,
  EDIT_SIZE,
  EDIT_VALUE,
  REPLY_CONTEXT,
  REPLY_DECISION,
  REPLY_EDITS,
  REPLY_FIXED,
  REPLY_LENGTH,
  REPLY_STATUS,
} from '../../sdk/abi/abi.js';

export interface WrittenReply {
  readonly decision?: number;
  readonly status?: number;
  readonly context?: string;
  /** Operation, name, value; texts in latin1. */
  readonly edits?: readonly (readonly [operation: number, name: string, value: string])[];
}

/** Where the frame lies. */
export const REPLY_AT = 64;

/** Offset of an edit of the frame at `REPLY_AT`. */
export function editAt(index: number): number {
  return REPLY_AT + REPLY_FIXED + index * EDIT_SIZE;
}

/** A memory of `size` bytes with this reply at `REPLY_AT` and its texts right behind it. */
export function replyMemory(reply: WrittenReply, size = 4096): Buffer {
  const memory = Buffer.alloc(size);
  const edits = reply.edits ?? [];
  let free = editAt(edits.length);
  const put = (spanAt: number, text: string): void => {
    memory.writeUInt32LE(free, spanAt);
    memory.writeUInt32LE(text.length, spanAt + 4);
    free += memory.write(text, free, 'latin1');
  };
  memory.writeUInt32LE(REPLY_FIXED + edits.length * EDIT_SIZE, REPLY_AT + REPLY_LENGTH);
  memory.writeUInt16LE(reply.decision ?? 0, REPLY_AT + REPLY_DECISION);
  memory.writeUInt16LE(reply.status ?? 0, REPLY_AT + REPLY_STATUS);
  memory.writeUInt32LE(edits.length, REPLY_AT + REPLY_EDITS);
  if (reply.context !== undefined) put(REPLY_AT + REPLY_CONTEXT, reply.context);
  edits.forEach(([operation, name, value], index) => {
    memory.writeUInt32LE(operation, editAt(index) + EDIT_OPERATION);
    put(editAt(index) + EDIT_NAME, name);
    put(editAt(index) + EDIT_VALUE, value);
  });
  return memory;
}

/** The memory of a guest as the host reads replies from it. */
export function guestView(memory: Buffer): GuestView {
  return new GuestView(memory, new ScratchBytes(), new KnownTexts());
}
