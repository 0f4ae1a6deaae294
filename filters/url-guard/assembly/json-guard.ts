// The strings of a JSON body: those at the pointers of the config, and, when asked for, all that look like a URL.
import { Bytes, hasUniqueNames } from 'sluice';
import { Finding, Place, Reason } from './finding';
import { JsonPointers } from './json-pointers';
import { contentOf, decodeInto, escapeUrl, hasEscapes } from './json-text';
import { JsonWalk } from './json-walk';
import { Judge } from './judge';
import { looksLikeUrl } from './looks-like';
import { Scratch } from './scratch';
import { Splices } from './splices';

/** Built in `configure`, read afterwards. */
export class JsonGuard {
  /** Judges other strings as well when they look like a URL. */
  scans: bool = false;
  readonly pointers: JsonPointers = new JsonPointers();

  get isActive(): bool {
    return this.scans || this.pointers.size > 0;
  }

  /** Null when nothing is wrong; `splices` then has what is to be rewritten. */
  check(document: Bytes, judge: Judge, splices: Splices): Finding | null {
    if (!hasUniqueNames(document)) return new Finding(Reason.NotJson, Place.Json);
    const scratch = new Scratch();
    const walk = new JsonWalk(document, this.pointers, scratch);
    let missing = this.pointers.required;
    while (walk.next()) {
      const leading = walk.leading;
      const reason = this.checkValue(walk, leading != 0, scratch, judge, splices);
      if (reason != Reason.None) return new Finding(reason, Place.Json, walk.pointer);
      if (!walk.isNull) missing &= ~leading;
    }
    return this.checkMissing(missing);
  }

  /** @param missing pointers that led to nothing, or to null; without a document all that are required */
  checkMissing(missing: u64 = this.pointers.required): Finding | null {
    return missing == 0 ? null : new Finding(Reason.Missing, Place.Json, this.pointers.firstOf(missing));
  }

  private checkValue(
    walk: JsonWalk,
    isField: bool,
    scratch: Scratch,
    judge: Judge,
    splices: Splices,
  ): Reason {
    if (isField) {
      if (walk.isNull) return Reason.None;
      if (!walk.isString) return Reason.NotString;
    } else {
      if (walk.isNearField) return Reason.Ambiguous;
      if (!this.scans || !walk.isString) return Reason.None;
      if (!stringLooksLikeUrl(walk.at + 1, walk.end - 1, scratch)) return Reason.None;
    }
    const verdict = judge.judge(contentOf(walk.raw));
    if (verdict.href.exists && judge.rewrites) {
      const raw = walk.raw;
      splices.add(raw.slice(1, raw.length - 1), escapeUrl(verdict.href));
    }
    return verdict.reason;
  }
}

/** From behind the quote that begins a string up to the one that ends it. */
function stringLooksLikeUrl(at: usize, end: usize, scratch: Scratch): bool {
  if (!hasEscapes(at, end)) return looksLikeUrl(at, end, scratch);
  const to = scratch.reserve(end - at);
  return looksLikeUrl(to, decodeInto(at, end, to), scratch);
}
