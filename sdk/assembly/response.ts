// The response of an exchange as a filter sees it in the response phase.
import {
  EDIT_SET_BODY,
  EDIT_SET_STATUS,
  FLAG_BODY,
  FLAG_FOLLOWS,
  FRAME_BODY,
  FRAME_FLAGS,
  FRAME_RESPONSE_HEADERS,
  FRAME_STATUS,
  PHASE_RESPONSE,
} from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { passBody } from './chunk';
import { frameByte, frameSpan, frameWord } from './frame';
import { Headers } from './headers';
import { addEdit, setContext } from './reply';

// @ts-ignore: decorator
@lazy const HEADERS = new Headers(FRAME_RESPONSE_HEADERS, PHASE_RESPONSE);

/** One object serves every call: it holds no data, it reads the frame of the current one. */
@final
export class Response {
  /** Headers of the response. */
  get headers(): Headers {
    return HEADERS;
  }

  /** Status as it came in; `setStatus` does not show here. */
  get status(): i32 {
    return frameWord(FRAME_STATUS);
  }

  /** The whole body when the manifest says `buffer` and one came; else `exists` is false. */
  get body(): Bytes {
    return frameByte(FRAME_FLAGS) & FLAG_BODY ? frameSpan(FRAME_BODY) : ABSENT;
  }

  /** In `onResponse` of a filter whose manifest says `stream`: there is a body, and `onResponseBody` is to see it. */
  get bodyFollows(): bool {
    return (frameByte(FRAME_FLAGS) & FLAG_FOLLOWS) != 0;
  }

  /** In `onResponse`: lets the body that follows pass without this filter. */
  passBody(): void {
    passBody();
  }

  /** In `onResponse`: keeps up to 64 KiB for `onResponseBody` of this filter and exchange. The last call counts. */
  keep<T>(context: T): void {
    setContext(bytesOf(context));
  }

  /** Changes the status and keeps the rest. Traps outside of 200 to 599. */
  setStatus(status: i32): void {
    if (status < 200 || status > 599) throw new Error('the status must be 200 to 599');
    addEdit(EDIT_SET_STATUS, ABSENT, bytesOf(status));
  }

  /** Replaces the body. Only a filter that asked for it may. */
  setBody<T>(body: T): void {
    addEdit(EDIT_SET_BODY, ABSENT, bytesOf(body));
  }
}
