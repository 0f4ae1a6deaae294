// A chunk of a body, for filters whose manifest says `"body": "stream"`. A body of any length passes this way, and no more
// of it than a chunk is ever in memory.
import {
  DECISION_STOP,
  EDIT_HOLD,
  EDIT_MESSAGE,
  EDIT_PASS,
  EDIT_SET_BODY,
  FLAG_LAST,
  FRAME_BODY,
  FRAME_CONTEXT,
  FRAME_FLAGS,
} from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { beginStop, Decision } from './decision';
import { frameByte, frameSpan } from './frame';
import { addEdit, setContext } from './reply';

/** One object serves every call: it holds no data, it reads the frame of the current one. */
@final
export class Chunk {
  /** What came of the body, behind what was held of the last chunk: up to 128 KiB. The last chunk may be empty. */
  get bytes(): Bytes {
    return frameSpan(FRAME_BODY);
  }

  /** The body ends with this chunk. */
  get isLast(): bool {
    return (frameByte(FRAME_FLAGS) & FLAG_LAST) != 0;
  }

  /** What this filter kept last for this exchange: with the head, or with an earlier chunk. */
  get context(): Bytes {
    return frameSpan(FRAME_CONTEXT);
  }

  /** Keeps up to 64 KiB for the next chunk, and for the response phase. Without a call what was kept before stays. */
  keep<T>(context: T): void {
    setContext(bytesOf(context));
  }

  /** Lets `body` go on in place of the bytes of this chunk that are not held. */
  replace<T>(body: T): void {
    addEdit(EDIT_SET_BODY, ABSENT, bytesOf(body));
  }

  /** Lets nothing of this chunk go on, but what is held. */
  drop(): void {
    addEdit(EDIT_SET_BODY, ABSENT, ABSENT);
  }

  /**
   * Holds the last `length` bytes back: they come again in front of the next chunk. 64 KiB at most, and nothing of the
   * last chunk.
   */
  hold(length: i32): void {
    const value = __sluice_reserve(4);
    store<u32>(value, length);
    addEdit(EDIT_HOLD, ABSENT, new Bytes(value, 4));
  }

  /** Lets the rest of the body pass without this filter. */
  pass(): void {
    passBody();
  }
}

/** Lets the body, or what is left of it, pass without this filter. */
export function passBody(): void {
  addEdit(EDIT_PASS, ABSENT, ABSENT);
}

// @ts-ignore: decorator
@lazy const STOP = new Decision(DECISION_STOP);

/**
 * Ends a response in `onResponseBody`: its client must not take what it got for whole. When nothing has left yet, that is
 * a 502; else its connection is cut.
 * @param reason for the log of the gateway
 */
export function stop(reason: string): Decision {
  beginStop();
  addEdit(EDIT_MESSAGE, ABSENT, bytesOf(reason));
  return STOP;
}
