// The fields of a query or of a form: those that are named, and, when asked for, all that look like a URL.
import { ABSENT, Bytes, NameSet, percentDecode, percentEncode, Query } from 'sluice';
import { Finding, Place, Reason } from './finding';
import { foldParameter, isOfParameter } from './fold';
import { Judge } from './judge';
import { looksLikeUrl } from './looks-like';
import { Scratch } from './scratch';
import { Splices } from './splices';

/** Parameters of one query or form, each part behind a `;` counted: each takes memory. */
const MOST_PARAMETERS = 1000;
const SEMICOLON: u8 = 0x3b;
const EQUAL: u8 = 0x3d;

/** Built in `configure`, read afterwards. */
export class ParameterGuard {
  /** Judges other values as well when they look like a URL. */
  scans: bool = false;
  private count: i32 = 0;
  private readonly names: Bytes[] = [];
  private readonly required: bool[] = [];
  private readonly indexes: NameSet = new NameSet();
  private readonly folded: NameSet = new NameSet();

  constructor(private readonly place: Place) {}

  get isActive(): bool {
    return this.scans || this.names.length > 0;
  }

  /** In `configure`. */
  add(name: Bytes, required: bool): void {
    this.indexes.add(name, this.names.length);
    this.folded.add(foldParameter(name));
    this.names.push(name);
    this.required.push(required);
  }

  /** Null when nothing is wrong; `splices` then has what is to be rewritten. */
  check(text: Bytes, judge: Judge, splices: Splices): Finding | null {
    if (!this.isActive) return null;
    const seen = new StaticArray<bool>(this.names.length);
    const query = new Query(text);
    const scratch = new Scratch();
    this.count = 0;
    while (query.next()) {
      if (++this.count > MOST_PARAMETERS) return this.found(Reason.TooMany, ABSENT);
      const name = query.name;
      const index = name.exists ? this.indexes.get(name) : -1;
      let finding: Finding | null = null;
      if (index >= 0) {
        if (seen[index]) return this.found(Reason.Repeated, name);
        seen[index] = true;
        finding = this.checkNamed(query, name, judge, splices);
      } else if (this.isAmbiguous(name)) {
        finding = this.found(Reason.Ambiguous, name);
      } else if (this.scans) {
        finding = this.scan(query.rawName, query.rawValue, judge, scratch, splices);
      }
      if (finding == null) finding = this.checkSplit(pieceOf(query), judge, scratch);
      if (finding != null) return finding;
    }
    return this.checkMissing(seen);
  }

  /** In order of the config: the first that is required and was not seen. */
  checkMissing(seen: StaticArray<bool> | null): Finding | null {
    for (let i = 0; i < this.names.length; i++) {
      if (this.required[i] && (seen == null || !seen[i])) return this.found(Reason.Missing, this.names[i]);
    }
    return null;
  }

  private checkNamed(query: Query, name: Bytes, judge: Judge, splices: Splices): Finding | null {
    if (!query.rawValue.exists) return this.found(Reason.Invalid, name);
    const value = query.value;
    if (!value.exists) return this.found(Reason.Invalid, name);
    const verdict = judge.judge(value);
    if (verdict.reason != Reason.None) return this.found(verdict.reason, name);
    if (judge.rewrites) splices.add(query.rawValue, percentEncode(verdict.href));
    return null;
  }

  /** A parameter without `=` is all value to some. */
  private scan(
    rawName: Bytes,
    rawValue: Bytes,
    judge: Judge,
    scratch: Scratch,
    splices: Splices | null,
  ): Finding | null {
    const raw = rawValue.exists ? rawValue : rawName;
    const decoded = percentDecode(raw, true);
    const text = decoded.exists ? decoded : raw;
    if (!looksLikeUrl(text.address, text.address + text.length, scratch)) return null;
    const verdict = judge.judge(text);
    if (verdict.reason != Reason.None) return this.found(verdict.reason, rawValue.exists ? rawName : ABSENT);
    if (judge.rewrites && splices != null) splices.add(raw, percentEncode(verdict.href));
    return null;
  }

  /** Some servers end a parameter at `;` too, and see others behind it. */
  private checkSplit(piece: Bytes, judge: Judge, scratch: Scratch): Finding | null {
    let at = piece.indexOfByte(SEMICOLON);
    while (at >= 0) {
      if (++this.count > MOST_PARAMETERS) return this.found(Reason.TooMany, ABSENT);
      const end = piece.indexOfByte(SEMICOLON, at + 1);
      const part = piece.slice(at + 1, end < 0 ? piece.length : end);
      const equal = part.indexOfByte(EQUAL);
      const rawName = equal < 0 ? part : part.slice(0, equal);
      const name = percentDecode(rawName, true);
      if (this.indexes.get(name) >= 0 || this.isAmbiguous(name)) return this.found(Reason.Ambiguous, name);
      if (this.scans) {
        const finding = this.scan(rawName, equal < 0 ? ABSENT : part.slice(equal + 1), judge, scratch, null);
        if (finding != null) return finding;
      }
      at = end;
    }
    return null;
  }

  /** True for a name that is not one of ours, and is one to some servers. What cannot be decoded may be any. */
  private isAmbiguous(name: Bytes): bool {
    return this.names.length > 0 && (!name.exists || isOfParameter(this.folded, name));
  }

  private found(reason: Reason, name: Bytes): Finding {
    return new Finding(reason, this.place, name);
  }
}

/** The current parameter as sent, from its name to the end of its value. */
function pieceOf(query: Query): Bytes {
  const name = query.rawName;
  const value = query.rawValue;
  return value.exists ? new Bytes(name.address, <i32>(value.address - name.address) + value.length) : name;
}
