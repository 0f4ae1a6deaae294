// Collects what a filter wants changed and writes the reply frame. Costs nothing until the first edit.
import {
  DECISION_CONTINUE,
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
} from '../abi/abi';
import { Bytes } from './bytes';

const FIRST_ROOM = 8;

// Zero while there is nothing to say.
let reply: usize = 0;
let room: i32 = 0;
let edits: i32 = 0;
let contextAt: usize = 0;
let contextLength: i32 = 0;

/** Forgets what the last call said. Before each call. */
export function openReply(): void {
  reply = 0;
  room = 0;
  edits = 0;
  contextAt = 0;
  contextLength = 0;
}

/** Appends an edit. The bytes of `name` and `value` stay where they are until the host has read them. */
export function addEdit(operation: u32, name: Bytes, value: Bytes): void {
  if (edits == room) makeRoom();
  const at = reply + REPLY_FIXED + edits * EDIT_SIZE;
  store<u32>(at + EDIT_OPERATION, operation);
  store<u32>(at + EDIT_NAME, <u32>name.address);
  store<u32>(at + EDIT_NAME + 4, name.length);
  store<u32>(at + EDIT_VALUE, <u32>value.address);
  store<u32>(at + EDIT_VALUE + 4, value.length);
  edits++;
}

/** Drops every edit made so far, as an answer does not need them. The context stays. */
export function dropEdits(): void {
  edits = 0;
}

export function editCount(): i32 {
  return edits;
}

/** What the response phase of the same filter and exchange gets back. */
export function setContext(context: Bytes): void {
  contextAt = context.address;
  contextLength = context.length;
}

/** Writes the fixed part. Answers the address of the reply, or 0 when there is nothing to say. */
export function closeReply(decision: u32, status: u32): usize {
  if (decision == DECISION_CONTINUE && edits == 0 && contextLength == 0) return 0;
  if (reply == 0) makeRoom();
  store<u32>(reply + REPLY_LENGTH, REPLY_FIXED + edits * EDIT_SIZE);
  store<u16>(reply + REPLY_DECISION, decision);
  store<u16>(reply + REPLY_STATUS, status);
  store<u32>(reply + REPLY_EDITS, edits);
  store<u32>(reply + REPLY_CONTEXT, <u32>contextAt);
  store<u32>(reply + REPLY_CONTEXT + 4, contextLength);
  return reply;
}

function makeRoom(): void {
  const wanted = room == 0 ? FIRST_ROOM : room * 2;
  const moved = __sluice_reserve(REPLY_FIXED + wanted * EDIT_SIZE);
  if (reply != 0) memory.copy(moved, reply, REPLY_FIXED + edits * EDIT_SIZE);
  reply = moved;
  room = wanted;
}
