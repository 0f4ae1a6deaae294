// Bodies that are cleaned chunk by chunk. What they are taken for, and where the walk over them stands, is kept from one
// chunk to the next; of the body itself no more than what cannot be judged yet is held.
import { ABSENT, Bytes, Chunk, isUtf8, Json, JsonRules, JsonStream, Response, refuse } from 'sluice';
import { beginsLikeJson, isReadable, isWide, saysJson, saysJsonLines, saysText, saysType } from './body-type';
import { Detections } from './detections';
import { Pseudonyms } from './pseudonym';
import { decide } from './redact-rules';
import { TextMode, TextStream } from './text-stream';

const PARTIAL_CONTENT = 206;

/** What a host holds at most. */
const MOST_HELD = 65536;
const LEAST_HELD = 256;

/** By so many bytes a body is judged that does not say what it is. */
const FIRST_BYTES = 512;
/** A byte order mark of UTF-16. */
const MARK_BYTES = 2;

/** What a body is taken for. */
enum Form {
  /** Nobody knows yet. */
  Unknown,
  Json,
  /** JSON, one document behind another. */
  JsonLines,
  /** Text whose first bytes are not there yet. */
  NewText,
  Text,
}

// What is kept: u8 form, u8 mode of the text, 2 bytes free, u32 places cleaned so far, then the state of the JSON.
const FIXED = 8;

@final
export class BodyStream {
  private readonly maxHeld: i32;
  private readonly text: TextStream;
  /** Places that were cleaned of the body at hand, up to this chunk. */
  count: i32 = 0;

  /**
   * Reads `stream`; in `configure`.
   * @param readsLines whether the rules are for each document of a sequence of JSON as well
   * @param tooLong what stands in place of a JSON value that has more bytes than are held
   */
  constructor(
    config: Json,
    private readonly rules: JsonRules | null,
    private readonly readsLines: bool,
    private readonly tooLong: Bytes,
    private readonly detections: Detections,
    private readonly pseudonyms: Pseudonyms,
  ) {
    const most = config.get('maxHeldBytes');
    const maxHeld = most.exists ? <i32>most.integer() : MOST_HELD;
    if (maxHeld < LEAST_HELD || maxHeld > MOST_HELD)
      refuse(most.pointer, 'expected a number from 256 to 65536');
    this.maxHeld = maxHeld;
    this.text = new TextStream(detections, maxHeld);
  }

  /** With the head: lets a body pass that there is nothing to do about. False when it should be cleaned and cannot be. */
  begin(response: Response): bool {
    let form = Form.Unknown;
    if (this.rules == null) {
      response.passBody();
      return true;
    }
    if (saysType(response)) {
      const isJson = saysJson(response);
      const hasLines = !isJson && this.readsLines && saysJsonLines(response);
      if (isJson || hasLines) {
        // A piece of a document may be valid JSON by chance, with the name of the member cut off.
        if (response.status == PARTIAL_CONTENT) return false;
        form = hasLines ? Form.JsonLines : Form.Json;
      } else if (this.detections.isEmpty || !saysText(response)) {
        response.passBody();
        return true;
      } else if (!isReadable(response)) {
        return false;
      } else {
        form = Form.NewText;
      }
    }
    response.keep(pack(form, TextMode.Plain, 0, ABSENT));
    return true;
  }

  /**
   * Cleans a chunk. False when the body should be cleaned and cannot be: then nothing of this chunk is to go on.
   * @param changes whether the body is to be changed, and not only to be looked at
   */
  take(response: Response, chunk: Chunk, changes: bool): bool {
    const kept = chunk.context;
    const window = chunk.bytes;
    let form = <Form>kept[0];
    this.count = load<i32>(kept.address, 4);
    if (form == Form.Unknown || form == Form.NewText) {
      const needed = form == Form.Unknown ? FIRST_BYTES : MARK_BYTES;
      if (window.length < needed && !chunk.isLast) {
        chunk.hold(window.length);
        return true;
      }
      if (form == Form.Unknown) {
        form = this.judge(window.slice(0, min(window.length, FIRST_BYTES)));
        if (form == Form.Unknown) {
          chunk.pass();
          return true;
        }
        if (form == Form.Text && !isReadable(response)) return false;
      } else if (isWide(window)) return false;
      else form = Form.Text;
    }
    this.detections.reset();
    const state = kept.slice(FIXED);
    return form == Form.Json || form == Form.JsonLines
      ? this.takeJson(chunk, window, form, state, changes)
      : this.takeText(chunk, window, <TextMode>kept[1], changes);
  }

  /** What a body is that does not say so; `Unknown` when it is nothing to look through. */
  private judge(first: Bytes): Form {
    if (beginsLikeJson(first) || (first.length == FIRST_BYTES && first.trim().isEmpty)) return Form.Json;
    if (this.detections.isEmpty) return Form.Unknown;
    return isUtf8(first.length < FIRST_BYTES ? first : withoutCut(first)) ? Form.Text : Form.Unknown;
  }

  private takeJson(chunk: Chunk, window: Bytes, form: Form, state: Bytes, changes: bool): bool {
    // No body at all hides nothing.
    if (window.isEmpty && state.isEmpty) return true;
    const hasLines = form == Form.JsonLines;
    const stream = new JsonStream(
      this.rules!,
      window,
      chunk.isLast,
      state,
      this.maxHeld,
      this.tooLong,
      hasLines,
    );
    while (stream.next()) decide(stream, this.pseudonyms, this.detections);
    if (!stream.isValid) return false;
    this.count += stream.count;
    if (changes && stream.isEdited) chunk.replace(stream.bytes);
    chunk.hold(stream.heldBytes);
    chunk.keep(pack(form, TextMode.Plain, this.count, stream.state));
    return true;
  }

  private takeText(chunk: Chunk, window: Bytes, mode: TextMode, changes: bool): bool {
    const text = this.text;
    const cleaned = text.take(window, chunk.isLast, mode);
    this.count += text.count;
    if (changes && text.isEdited) chunk.replace(cleaned);
    chunk.hold(text.heldBytes);
    chunk.keep(pack(Form.Text, text.mode, this.count, ABSENT));
    return true;
  }
}

function pack(form: Form, mode: TextMode, count: i32, state: Bytes): Bytes {
  const at = __sluice_reserve(FIXED + state.length);
  store<u32>(at, form | (mode << 8));
  store<i32>(at, count, 4);
  memory.copy(at + FIXED, state.address, state.length);
  return new Bytes(at, FIXED + state.length);
}

/** Without the character at the end that may go on behind it. */
function withoutCut(text: Bytes): Bytes {
  let end = text.length;
  for (let i = 0; i < 3 && (text[end - 1] & 0xc0) == 0x80; i++) end--;
  return text[end - 1] >= 0xc0 ? text.slice(0, end - 1) : text;
}
