// Text that comes in chunks, searched in stretches: from one character that no finding goes over to the next. What is found
// in a stretch does not depend on what stands around it, so it does not depend on where the chunks end.
import { Bytes, BytesWriter } from 'sluice';
import { Kind } from './detect/finder';
import { startsWith } from './detect/text';
import { Detections } from './detections';

/** Bytes in which a private key shows whether it is one. */
const KEY_HEAD: usize = 72;
/** So many keys may follow one another without anything in between. */
const MOST_KEYS = 8;
const END_LINE = '-----END ';

export enum TextMode {
  Plain,
  /** In a stretch too long to be held, which is left out. */
  Stretch,
  /** In a private key too long to be held, which is left out. */
  Key,
}

/** Made in `configure`; takes one chunk after the other. */
@final
export class TextStream {
  private readonly tooLong: Bytes = Bytes.from('[redacted]');
  /** What the next chunk begins in. */
  mode: TextMode = TextMode.Plain;
  /** Bytes at the end of the chunk that cannot be judged yet. */
  heldBytes: i32 = 0;
  /** Places that were cleaned in the chunk; what was left out counts where it begins. */
  count: i32 = 0;
  /** Whether something else is to go on than the chunk without what is held. */
  isEdited: bool = false;

  constructor(
    private readonly detections: Detections,
    private readonly maxHeld: i32,
  ) {}

  /**
   * What is to go on of a chunk.
   * @param window what was held, and behind it what came
   */
  take(window: Bytes, isLast: bool, mode: TextMode): Bytes {
    const out = new BytesWriter();
    const end = window.address + window.length;
    let at = window.address;
    this.mode = mode;
    this.heldBytes = 0;
    this.count = 0;
    this.isEdited = mode != TextMode.Plain;
    while (at < end) {
      if (this.mode == TextMode.Key) at = this.skipKey(at, end, isLast);
      else if (this.mode == TextMode.Stretch) at = this.skipStretch(at, end);
      else at = this.clean(out, at, end, isLast);
      if (this.heldBytes > 0) break;
    }
    if (this.count > 0) this.isEdited = true;
    return out.bytes;
  }

  /** Answers where the search goes on: at the end, or where something too long begins. */
  private clean(out: BytesWriter, from: usize, end: usize, isLast: bool): usize {
    let stretch = from;
    for (let at = from; at < end; at++) {
      if (!isBoundary(load<u8>(at))) continue;
      if (at - stretch > <usize>this.maxHeld) return this.leaveOut(out, from, stretch, at);
      stretch = at + 1;
    }
    if (end - stretch > <usize>this.maxHeld) return this.leaveOut(out, from, stretch, end);
    if (isLast) {
      this.search(out, from, end);
      return end;
    }
    let cut = stretch;
    if (this.detections.has(Kind.PrivateKey)) {
      // One key may stand right behind another, and what is held must not begin inside of either.
      for (let key = this.openKey(from, cut), tries = 0; key != 0; key = this.openKey(from, cut), tries++) {
        const before = startOfStretch(from, key);
        if (tries == MOST_KEYS || before >= cut) return this.leaveOut(out, from, from, end);
        if (end - before > <usize>this.maxHeld) {
          this.search(out, from, cut);
          this.mode = TextMode.Key;
          return cut;
        }
        cut = before;
      }
    }
    this.search(out, from, cut);
    this.heldBytes = <i32>(end - cut);
    return cut;
  }

  /** The stretch from `stretch` to `stop` is longer than it may be. */
  private leaveOut(out: BytesWriter, from: usize, stretch: usize, stop: usize): usize {
    this.search(out, from, stretch);
    const isKey = this.detections.openKeyAt != 0 && stretch > from;
    if (!isKey) {
      out.add(this.tooLong);
      this.count++;
    }
    this.mode = isKey ? TextMode.Key : TextMode.Stretch;
    return isKey ? stretch : stop;
  }

  private search(out: BytesWriter, from: usize, to: usize): void {
    const detections = this.detections;
    const before = detections.count;
    out.add(detections.inText(new Bytes(from, <i32>(to - from))));
    this.count += detections.count - before;
  }

  /** Start of a private key that goes over `cut`, or may; 0 when none does. */
  private openKey(from: usize, cut: usize): usize {
    const detections = this.detections;
    const before = detections.count;
    detections.inText(new Bytes(from, <i32>(cut - from)));
    detections.count = before;
    if (detections.openKeyAt != 0) return detections.openKeyAt;
    const first = cut - from > KEY_HEAD ? cut - KEY_HEAD : from;
    for (let at = first; at < cut; at++) {
      if (load<u8>(at) == 0x2d && startsWith(at, cut, '-----BEGIN ')) return at;
    }
    return 0;
  }

  /** To the line that ends the key, and behind it. */
  private skipKey(from: usize, end: usize, isLast: bool): usize {
    let line = from;
    while (line < end && !(load<u8>(line) == 0x2d && startsWith(line, end, END_LINE))) line++;
    if (line < end) {
      let close = line + END_LINE.length;
      while (close < end && !startsWith(close, end, '-----')) close++;
      if (close < end) {
        this.mode = TextMode.Plain;
        return close + 5;
      }
    } else {
      line = end - min(end - from, <usize>END_LINE.length - 1);
    }
    if (!isLast && end - line <= <usize>this.maxHeld) this.heldBytes = <i32>(end - line);
    return end;
  }

  private skipStretch(from: usize, end: usize): usize {
    let at = from;
    while (at < end && !isBoundary(load<u8>(at))) at++;
    if (at < end) this.mode = TextMode.Plain;
    return at;
  }
}

/** First byte of the stretch that `at` lies in. */
function startOfStretch(from: usize, at: usize): usize {
  while (at > from && !isBoundary(load<u8>(at - 1))) at--;
  return at;
}

/** Of what detectors find, only private keys go over one of these. */
function isBoundary(byte: u32): bool {
  if (byte < 0x20) return true;
  switch (byte) {
    case 0x22: // "
    case 0x26: // &
    case 0x2c: // ,
    case 0x3a: // :
    case 0x3b: // ;
    case 0x3c: // <
    case 0x3e: // >
    case 0x3f: // ?
    case 0x5b: // [
    case 0x5c: // \
    case 0x5d: // ]
      return true;
    default:
      return false;
  }
}
