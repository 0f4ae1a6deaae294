// What a client takes: the media ranges of `accept` with their weights (RFC 9110 §12.5.1).
import { ABSENT, Bytes } from './bytes';
import { isMediaType, MediaParameters, mediaType } from './media-type';
import { quotedEnd } from './quoted-string';

/** Weight of a range that names none: weights are thousandths, from 0 (not acceptable) to 1000. */
const FULL_WEIGHT = 1000;

/**
 * Walks over media ranges, in the order of the field: `while (accept.next()) … accept.range … accept.weight`. An element
 * that is no range, or whose `q` is no weight, is skipped.
 */
@final
export class Accept {
  /** `type/subtype` of the current range in lower case: an asterisk stands for any. */
  range: Bytes = ABSENT;
  /** Weight of the current range in thousandths. */
  weight: i32 = 0;
  /** True when the current range asks for parameters of the media type, such as `level=1`. */
  hasParameters: bool = false;
  private position: i32 = 0;

  /** @param text the value of the field; of several lines, that of `combinedField` */
  constructor(private readonly text: Bytes) {}

  /** Goes to the next range. False after the last. */
  next(): bool {
    const text = this.text;
    while (this.position < text.length) {
      const end = elementEnd(text, this.position);
      const element = text.slice(this.position, end).trim();
      this.position = end + 1;
      if (isMediaType(element) && this.take(element)) return true;
    }
    this.range = ABSENT;
    return false;
  }

  /**
   * How much the client wants this media type (`type/subtype`, lower case, no parameters), in thousandths; 0 when it does
   * not. The most specific range counts, of two alike the first; ranges that ask for parameters do not. Without the field
   * everything is welcome. The walk stays where it is.
   */
  weightOf(type: string): i32 {
    if (!this.text.exists) return FULL_WEIGHT;
    const wanted = Bytes.from(type);
    const all = new Accept(this.text);
    let weight = 0;
    let best = 0;
    while (all.next()) {
      if (all.hasParameters) continue;
      const rank = specificity(all.range, wanted);
      if (rank <= best) continue;
      best = rank;
      weight = all.weight;
    }
    return weight;
  }

  private take(element: Bytes): bool {
    this.range = mediaType(element);
    this.weight = FULL_WEIGHT;
    this.hasParameters = false;
    const parameters = new MediaParameters(element);
    while (parameters.next()) {
      if (parameters.name.equalsIgnoreCase('q')) {
        // What comes behind the weight is no part of the media type.
        this.weight = parseWeight(parameters.rawValue);
        return this.weight >= 0;
      }
      this.hasParameters = true;
    }
    return true;
  }
}

/** How exactly a range fits: 3 the type itself, 2 `type/*`, 1 every type, 0 not at all. */
function specificity(range: Bytes, type: Bytes): i32 {
  if (range.equalsBytes(type)) return 3;
  if (range.equals('*/*')) return 1;
  // A range has three bytes at least.
  const slash = range.length - 2;
  if (range[slash] != 0x2f || range[slash + 1] != 0x2a) return 0;
  return type.startsWithBytes(range.slice(0, slash + 1)) ? 2 : 0;
}

/** Thousandths of a `qvalue` (RFC 9110 §12.4.2), or -1. */
function parseWeight(text: Bytes): i32 {
  const length = text.length;
  if (length == 0 || length > 5 || text[0] - 0x30 > 1) return -1;
  if (length > 1 && text[1] != 0x2e) return -1;
  let weight = <i32>text[0] - 0x30;
  for (let i = 2; i < 5; i++) {
    const digit: i32 = i < length ? <i32>text[i] - 0x30 : 0;
    if (digit < 0 || digit > 9) return -1;
    weight = weight * 10 + digit;
  }
  return weight <= FULL_WEIGHT ? weight : -1;
}

/** Index of the comma that ends the element at `from`, or of the end of the text; one between quotes ends nothing. */
function elementEnd(text: Bytes, from: i32): i32 {
  for (let i = from; i < text.length; i++) {
    const byte = text[i];
    if (byte == 0x2c) return i;
    if (byte == 0x22) i = quotedEnd(text, i) - 1;
  }
  return text.length;
}
