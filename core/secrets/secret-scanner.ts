// Looks for the values of secrets, in any spelling, in texts and in bodies on their way, and takes them out.
import { ByteAutomaton } from './byte-automaton.js';
import { spellingsOf } from './spellings.js';

/** Shorter values would be found by chance. */
export const LEAST_SCANNED_BYTES = 8;
const NOTHING = new Uint8Array(0);
const MARKER = Buffer.from('[secret]');

/** The secrets of one revision. Holds their values, in all spellings: nothing to be printed. */
export class SecretScanner {
  /** References of the secrets that are too short to be looked for. */
  readonly tooShort: readonly string[];
  readonly #automaton: ByteAutomaton;
  /** By index of the spelling. */
  readonly #references: readonly string[];

  /** @param values by reference */
  constructor(values: ReadonlyMap<string, string>) {
    const references: string[] = [];
    const spellings: Uint8Array[] = [];
    const tooShort: string[] = [];
    for (const [reference, value] of values) {
      if (Buffer.byteLength(value) < LEAST_SCANNED_BYTES) {
        tooShort.push(reference);
        continue;
      }
      for (const spelling of spellingsOf(value)) {
        spellings.push(spelling);
        references.push(reference);
      }
    }
    this.tooShort = tooShort;
    this.#references = references;
    this.#automaton = new ByteAutomaton(spellings);
  }

  /**
   * Begins a text that comes in pieces.
   * @param found told of the reference of each secret in it; of one that stands in it often, often
   * @param marker what stands in place of a secret. Default: `[secret]`
   */
  begin(found: (reference: string) => void, marker?: (reference: string) => Uint8Array): SecretScan {
    return new SecretScan(this.#automaton, this.#references, found, marker ?? (() => MARKER));
  }

  /** The bytes without secrets; the same object when there are none. */
  redact(
    bytes: Uint8Array,
    found: (reference: string) => void,
    marker?: (reference: string) => Uint8Array,
  ): Uint8Array {
    let isFound = false;
    const scan = this.begin((reference) => {
      isFound = true;
      found(reference);
    }, marker);
    const parts = [scan.take(bytes), scan.end()];
    return isFound ? Buffer.concat(parts) : bytes;
  }

  /** A text for people without secrets; their references stand in their place. */
  redactText(text: string, found: (reference: string) => void = () => {}): string {
    const bytes = Buffer.from(text, 'utf8');
    const redacted = this.redact(bytes, found, (reference) => Buffer.from(`[${reference}]`));
    return redacted === bytes ? text : Buffer.from(redacted).toString('utf8');
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly string: number;
}

/**
 * A text in pieces. Of what was taken as much is held back as may be the beginning of a secret: as a rule nothing, or a few
 * bytes, and never more than the longest spelling has.
 */
export class SecretScan {
  readonly #automaton: ByteAutomaton;
  readonly #references: readonly string[];
  readonly #found: (reference: string) => void;
  readonly #marker: (reference: string) => Uint8Array;
  #state = 0;
  /** Bytes taken, and bytes of those that are no longer held. */
  #taken = 0;
  #released = 0;
  #held: Uint8Array = NOTHING;
  /** What is to be taken out, by offset in the whole text, in order and apart from each other. */
  #ranges: Range[] = [];

  constructor(
    automaton: ByteAutomaton,
    references: readonly string[],
    found: (reference: string) => void,
    marker: (reference: string) => Uint8Array,
  ) {
    this.#automaton = automaton;
    this.#references = references;
    this.#found = found;
    this.#marker = marker;
  }

  /** Takes the next piece and returns what can be let go: this may be nothing, or memory of the piece. */
  take(bytes: Uint8Array): Uint8Array {
    const before = this.#taken;
    this.#state = this.#automaton.run(this.#state, bytes, (state, read) => this.#note(state, before + read));
    this.#taken += bytes.byteLength;
    return this.#release(bytes, this.#taken - this.#automaton.open[this.#state]!);
  }

  /** No piece comes any more: returns what was held back. */
  end(): Uint8Array {
    this.#state = 0;
    return this.#release(NOTHING, this.#taken);
  }

  #note(state: number, end: number): void {
    let start = end - this.#automaton.matched[state]!;
    const string = this.#automaton.string[state]!;
    let last = this.#ranges.at(-1);
    while (last !== undefined && last.end > start) {
      start = Math.min(start, last.start);
      this.#ranges.pop();
      last = this.#ranges.at(-1);
    }
    this.#ranges.push({ start, end, string });
    this.#found(this.#references[string]!);
  }

  /** @param until nothing that may become part of a secret stands before it */
  #release(bytes: Uint8Array, until: number): Uint8Array {
    const ranges = this.#ranges;
    const parts: Uint8Array[] = [];
    let from = this.#released;
    let over = 0;
    for (; over < ranges.length && ranges[over]!.start < until; over += 1) {
      const { start, end, string } = ranges[over]!;
      if (start > from) this.#copy(from, start, bytes, parts);
      from = Math.min(end, until);
      // The rest of it is still to come, and another one may overlap it.
      if (end > until) break;
      parts.push(this.#marker(this.#references[string]!));
    }
    if (over > 0) this.#ranges = ranges.slice(over);
    if (from < until) this.#copy(from, until, bytes, parts);
    const kept: Uint8Array[] = [];
    if (until < this.#taken) this.#copy(until, this.#taken, bytes, kept);
    // A copy: a few bytes are not to keep a large piece alive.
    this.#held = kept.length === 0 ? NOTHING : Buffer.concat(kept);
    this.#released = until;
    return join(parts);
  }

  /** Bytes of the text by offset, of which the first ones are held and the others came last. */
  #copy(from: number, to: number, bytes: Uint8Array, parts: Uint8Array[]): void {
    const bytesAt = this.#taken - bytes.byteLength;
    const heldAt = bytesAt - this.#held.byteLength;
    if (from < bytesAt) parts.push(this.#held.subarray(from - heldAt, Math.min(to, bytesAt) - heldAt));
    if (to > bytesAt) parts.push(bytes.subarray(Math.max(from, bytesAt) - bytesAt, to - bytesAt));
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 0) return NOTHING;
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
