// Jobs as records of the ring to a worker.
//
//   words 0 … 7 | links: 3 words each | frame | body | contexts
//   length kind ticket flags phase frame-length body-length links
//
// Frame, body and contexts begin at multiples of 8. A body beside the ring has its length here and its bytes in
// the next message of the port; so has the outcome of a callout, after it, and then large contexts.
import { PHASE_REQUEST, PHASE_RESPONSE } from '../../sdk/abi/abi.js';
import type { ChainLink } from '../wasm/chain-input.js';
import { align8, type FrameMemory, type FrameWriter, viewOf } from '../wasm/frame.js';
import type { BodyStage, PhaseMessage, PhaseName } from '../wasm/guest-abi.js';
import { copyInto } from '../wasm/shared-copy.js';
import type { RingProducer } from './ring.js';

export const JOB_RUN = 1;
/** Take one message from the port. */
export const JOB_MESSAGE = 2;
/** Return from serving. */
export const JOB_STOP = 3;

export const RECORD_KIND = 1;
export const RECORD_TICKET = 2;
const FLAGS = 3;
const PHASE = 4;
const FRAME_LENGTH = 5;
const BODY_LENGTH = 6;
const LINK_COUNT = 7;
const FIXED_BYTES = 32;
const LINK_BYTES = 12;

const FLAG_HAS_BODY = 1;
const FLAG_BODY_BESIDE = 2;
const FLAG_OUTCOME = 4;
const FLAG_CONTEXTS = 8;
/** Behind the flags: index of the stage of the body. */
const STAGE_SHIFT = 4;
const STAGES: readonly BodyStage[] = ['none', 'whole', 'follows', 'chunk', 'last'];

/** A job as the worker reads it: views of the ring, valid until the record is released. */
export interface JobView {
  readonly ticket: number;
  readonly phase: PhaseName;
  readonly stage: BodyStage;
  readonly frameAt: number;
  readonly frameLength: number;
  /** Null: none, or beside the ring. */
  readonly body: Uint8Array | null;
  readonly bodyBeside: boolean;
  /** The outcome of a callout travels beside the ring. */
  readonly hasOutcome: boolean;
  /** The contexts of the links travel beside the ring. */
  readonly hasContexts: boolean;
  readonly links: ChainLink[];
}

/** What of a job travels beside the ring. */
export interface Beside {
  readonly body: boolean;
  readonly outcome: boolean;
  readonly contexts: boolean;
  readonly post: () => void;
}

/**
 * Puts a job into the ring: `full` when it does not fit now, `too-large` when it never will.
 * @param beside undefined when nothing does; `post` sends it off once there is room for the record
 */
export function writeJob(
  ring: RingProducer,
  writer: FrameWriter,
  ticket: number,
  message: PhaseMessage,
  links: readonly ChainLink[],
  beside: Beside | undefined,
): 'written' | 'full' | 'too-large' {
  const { body } = message;
  const frameLength = writer.prepare(message);
  const inlineBody = body === null || beside?.body ? 0 : body.length;
  const frameAt = align8(FIXED_BYTES + links.length * LINK_BYTES);
  const bodyAt = frameAt + align8(frameLength);
  const contextsAt = bodyAt + align8(inlineBody);
  let length = contextsAt;
  const hasContexts = beside?.contexts !== true;
  if (hasContexts) for (const { context } of links) length += context === null ? 0 : align8(context.length);

  if (!ring.canHold(length)) return 'too-large';
  const at = ring.reserve(length);
  if (at === -1) return 'full';
  beside?.post();
  const { words, bytes } = ring;
  const base = at >> 2;
  words[base + RECORD_KIND] = JOB_RUN;
  words[base + RECORD_TICKET] = ticket;
  words[base + FLAGS] =
    (body === null ? 0 : FLAG_HAS_BODY) |
    (beside?.body ? FLAG_BODY_BESIDE : 0) |
    (beside?.outcome ? FLAG_OUTCOME : 0) |
    (beside?.contexts ? FLAG_CONTEXTS : 0) |
    (STAGES.indexOf(message.stage) << STAGE_SHIFT);
  words[base + PHASE] = message.phase === 'request' ? PHASE_REQUEST : PHASE_RESPONSE;
  words[base + FRAME_LENGTH] = frameLength;
  words[base + BODY_LENGTH] = inlineBody;
  words[base + LINK_COUNT] = links.length;
  let context = at + contextsAt;
  for (let i = 0; i < links.length; i += 1) {
    const link = links[i]!;
    const entry = (at + FIXED_BYTES + i * LINK_BYTES) >> 2;
    words[entry] = link.id;
    words[entry + 1] = link.skip ? 1 : 0;
    const isInline = hasContexts && link.context !== null;
    words[entry + 2] = isInline ? link.context.length : 0;
    if (!isInline) continue;
    copyInto(bytes, link.context, context);
    context += align8(link.context.length);
  }
  writer.write(ring, at + frameAt);
  if (inlineBody > 0) copyInto(bytes, body!, at + bodyAt);
  ring.commit(at, length);
  return 'written';
}

/** Puts a record without content into the ring. False when it does not fit now. */
export function writeSignal(ring: RingProducer, kind: number): boolean {
  const at = ring.reserve(FIXED_BYTES);
  if (at === -1) return false;
  ring.words[(at >> 2) + RECORD_KIND] = kind;
  ring.commit(at, FIXED_BYTES);
  return true;
}

/** Bytes of what the filters of a job kept, all together. */
export function contextBytes(links: readonly ChainLink[]): number {
  let bytes = 0;
  for (const { context } of links) if (context !== null) bytes += context.length;
  return bytes;
}

/** Reads the job at `at`. */
export function readJob(ring: FrameMemory, at: number): JobView {
  const { words } = ring;
  const base = at >> 2;
  const flags = words[base + FLAGS]!;
  const count = words[base + LINK_COUNT]!;
  const frameLength = words[base + FRAME_LENGTH]!;
  const bodyLength = words[base + BODY_LENGTH]!;
  const frameAt = at + align8(FIXED_BYTES + count * LINK_BYTES);
  const bodyAt = frameAt + align8(frameLength);
  let contextAt = bodyAt + align8(bodyLength);
  const links: ChainLink[] = [];
  for (let i = 0; i < count; i += 1) {
    const entry = (at + FIXED_BYTES + i * LINK_BYTES) >> 2;
    const size = words[entry + 2]!;
    const context = size === 0 ? null : viewOf(ring, contextAt, size);
    contextAt += align8(size);
    links.push({ id: words[entry]!, skip: words[entry + 1] === 1, context });
  }
  const beside = (flags & FLAG_BODY_BESIDE) !== 0;
  const inline = (flags & FLAG_HAS_BODY) !== 0 && !beside;
  return {
    ticket: words[base + RECORD_TICKET]!,
    phase: words[base + PHASE] === PHASE_REQUEST ? 'request' : 'response',
    stage: STAGES[flags >> STAGE_SHIFT]!,
    frameAt,
    frameLength,
    body: inline ? viewOf(ring, bodyAt, bodyLength) : null,
    bodyBeside: beside,
    hasOutcome: (flags & FLAG_OUTCOME) !== 0,
    hasContexts: (flags & FLAG_CONTEXTS) !== 0,
    links,
  };
}
