// What becomes of card numbers, keys and the like that detectors find, in JSON strings and in text.
import { ABSENT, Bytes, Json, JsonType, JsonValueAtHand, JsonWriter, refuse } from 'sluice';
import { Finder, KIND_NAMES, Kind } from './detect/finder';
import { Draft } from './draft';
import { Pseudonyms } from './pseudonym';
import { Spelling } from './spelling';
import { wholeDigits } from './whole-number';

const QUOTE: u8 = 0x22;
const STAR: u8 = 0x2a;

/** No detector finds anything in less. */
const LEAST_TEXT = 6;
const LEAST_NUMBER = 9;

enum Way {
  Replace,
  Mask,
  Hash,
}

/** What becomes of one kind of findings. */
class Treatment {
  constructor(
    readonly way: Way,
    readonly keepLast: i32,
    readonly value: Bytes,
    /** `value` as the content of a JSON string. */
    readonly json: Bytes,
  ) {}
}

@final
export class Detections {
  private readonly finder: Finder = new Finder();
  private readonly treatments: Treatment[] = [];
  private readonly ofKind: i32[] = [];
  private readonly draft: Draft = new Draft();
  private readonly spelling: Spelling = new Spelling();

  /** Where a private key begins that goes on to the end of the text which was searched last; 0 when none does. */
  openKeyAt: usize = 0;

  /** Places that were dealt with since the last `reset`. */
  count: i32 = 0;

  constructor(private readonly pseudonyms: Pseudonyms) {
    for (let i = 0; i < KIND_NAMES.length; i++) this.ofKind.push(-1);
  }

  /** Reads the list `detect`; in `configure`, after the pseudonyms. */
  read(list: Json): void {
    for (let rule = list.first(); rule.exists; rule = rule.next()) {
      this.treatments.push(this.readTreatment(rule));
      const kinds = rule.get('kinds');
      if (!kinds.isArray || kinds.size == 0) refuse(kinds.pointer, 'expected a list of kinds');
      for (let item = kinds.first(); item.exists; item = item.next()) this.addKind(item);
    }
  }

  /** In place of `read`: looks for all kinds and replaces what it finds. */
  replaceAll(): void {
    this.treatments.push(replacedBy(Bytes.from('[redacted]')));
    for (let i = 0; i < KIND_NAMES.length; i++) {
      this.ofKind[i] = 0;
      this.finder.add(<Kind>i);
    }
  }

  has(kind: Kind): bool {
    return this.finder.has(kind);
  }

  get isEmpty(): bool {
    return this.treatments.length == 0;
  }

  /** Before the first search of a call. */
  reset(): void {
    this.count = 0;
    this.draft.reset();
    this.spelling.reset();
  }

  /** The text with all that was found dealt with: the same view when nothing was found. */
  inText(text: Bytes): Bytes {
    this.spelling.openPlain(text.address, text.address + text.length);
    return this.edited(text.address, text.address + text.length, false) ? this.draft.bytes : text;
  }

  /** Deals with what is found in the string or number of JSON at which an editor stopped. */
  replaceIn(hand: JsonValueAtHand): void {
    const found = this.inJson(hand.type, hand.address, hand.length);
    if (found.exists) hand.replace(found);
  }

  /** What is to stand in place of the string or number of JSON at `start`; absent when nothing was found in it. */
  private inJson(type: JsonType, start: usize, length: i32): Bytes {
    if (type == JsonType.Number) return this.inNumber(start, length);
    if (length < LEAST_TEXT + 2) return ABSENT;
    const end = start + length - 1;
    this.spelling.openJson(start + 1, end);
    return this.edited(start + 1, end, true) ? this.draft.bytes : ABSENT;
  }

  /** A number is a finding as a whole or not at all. */
  private inNumber(at: usize, length: i32): Bytes {
    const digits = wholeDigits(at, length);
    if (!digits.exists || digits.length < LEAST_NUMBER) return ABSENT;
    const start = digits.address;
    const end = start + digits.length;
    const finder = this.finder;
    finder.open(start, end);
    if (!finder.next() || finder.start != start || finder.stop != end) return ABSENT;
    this.spelling.openPlain(start, end);
    this.edited(start, end, true);
    return this.draft.bytes;
  }

  /** Puts what comes of the content from `start` to `end` into the draft, a JSON string with quotes. False when nothing was found. */
  private edited(start: usize, end: usize, isJson: bool): bool {
    const finder = this.finder;
    const spelling = this.spelling;
    finder.open(spelling.start, spelling.end);
    this.openKeyAt = 0;
    if (!finder.next()) return false;
    const draft = this.draft;
    draft.begin();
    if (isJson) draft.fill(QUOTE, 1);
    let from = start;
    do {
      draft.copy(from, spelling.spelledAt(finder.start) - from);
      this.addReplacement(isJson);
      from = spelling.spelledAt(finder.stop);
      if (finder.kind == Kind.PrivateKey && finder.stop == spelling.end) this.openKeyAt = finder.start;
    } while (finder.next());
    draft.copy(from, end - from);
    if (isJson) draft.fill(QUOTE, 1);
    return true;
  }

  private addReplacement(isJson: bool): void {
    this.count++;
    const finder = this.finder;
    const treatment = this.treatments[this.ofKind[finder.kind]];
    if (treatment.way == Way.Replace) {
      this.draft.add(isJson ? treatment.json : treatment.value);
    } else if (treatment.way == Way.Hash) {
      this.draft.add(this.pseudonyms.of(new Bytes(finder.start, <i32>(finder.stop - finder.start))));
    } else {
      this.addMask(treatment.keepLast);
    }
  }

  private addMask(keepLast: i32): void {
    const start = this.finder.start;
    const stop = this.finder.stop;
    let kept = stop;
    for (let left = keepLast; left > 0 && kept > start; left--) {
      kept--;
      while (kept > start && isContinuation(load<u8>(kept))) kept--;
    }
    if (kept == start) kept = stop;
    let stars: usize = 0;
    for (let at = start; at < kept; at++) if (!isContinuation(load<u8>(at))) stars++;
    this.draft.fill(STAR, stars);
    const from = this.spelling.spelledAt(kept);
    this.draft.copy(from, this.spelling.spelledAt(stop) - from);
  }

  private addKind(item: Json): void {
    const name = item.text();
    const kind = KIND_NAMES.indexOf(name);
    if (kind < 0) return refuse(item.pointer, 'expected one of ' + KIND_NAMES.join(', '));
    if (this.ofKind[kind] >= 0) refuse(item.pointer, 'this kind has a rule already');
    this.ofKind[kind] = this.treatments.length - 1;
    this.finder.add(<Kind>kind);
  }

  private readTreatment(rule: Json): Treatment {
    const action = rule.get('action');
    const keepLast = rule.get('keepLast');
    const value = rule.get('value');
    const isMask = action.bytes.equals('mask');
    const isHash = action.bytes.equals('hash');
    if (action.exists && !isMask && !isHash && !action.bytes.equals('replace')) {
      refuse(action.pointer, 'expected replace, mask or hash');
    }
    if (keepLast.exists && !isMask) refuse(keepLast.pointer, 'only mask keeps characters');
    if (value.exists && (isMask || isHash)) refuse(value.pointer, 'only replace has a value');
    if (isHash) this.pseudonyms.mustBeThere(rule);
    if (isMask) return new Treatment(Way.Mask, <i32>keepLast.integer(), ABSENT, ABSENT);
    if (isHash) return new Treatment(Way.Hash, 0, ABSENT, ABSENT);
    return replacedBy(value.exists ? value.bytes : Bytes.from('[redacted]'));
  }
}

function replacedBy(text: Bytes): Treatment {
  const json = new JsonWriter().textBytes(text).bytes;
  return new Treatment(Way.Replace, 0, text, json.slice(1, json.length - 1));
}

function isContinuation(byte: u32): bool {
  return (byte & 0xc0) == 0x80;
}
