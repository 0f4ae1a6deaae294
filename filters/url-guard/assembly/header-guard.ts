// Request headers that hold a URL.
import { Bytes, Headers } from 'sluice';
import { Finding, Place, Reason } from './finding';
import { foldHeader } from './fold';
import { Judge } from './judge';

/** Built in `configure`, read afterwards. */
export class HeaderGuard {
  private readonly names: string[] = [];
  private readonly folded: Bytes[] = [];
  private readonly required: bool[] = [];

  /** In `configure`; the name in lower case. */
  add(name: Bytes, required: bool): void {
    this.names.push(name.toString());
    this.folded.push(foldHeader(name));
    this.required.push(required);
  }

  /** Null when nothing is wrong. */
  check(headers: Headers, judge: Judge): Finding | null {
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i];
      for (let at = 0, size = headers.size; at < size; at++) {
        const other = headers.nameAt(at);
        if (!other.equals(name) && foldHeader(other).equalsBytes(this.folded[i])) {
          return found(Reason.Ambiguous, other);
        }
      }
      const at = headers.find(name);
      if (at < 0) {
        if (this.required[i]) return found(Reason.Missing, Bytes.from(name));
        continue;
      }
      if (headers.find(name, at + 1) >= 0) return found(Reason.Repeated, headers.nameAt(at));
      const verdict = judge.judge(headers.valueAt(at));
      if (verdict.reason != Reason.None) return found(verdict.reason, headers.nameAt(at));
    }
    return null;
  }

  /** Puts the normalised URLs in place. To be called when `check` found nothing wrong. */
  rewrite(headers: Headers, judge: Judge): void {
    for (let i = 0; i < this.names.length; i++) {
      const value = headers.get(this.names[i]);
      if (!value.exists) continue;
      const href = judge.hrefOf(value);
      if (!href.equalsBytes(value)) headers.set(this.names[i], href);
    }
  }
}

function found(reason: Reason, name: Bytes): Finding {
  return new Finding(reason, Place.Header, name);
}
