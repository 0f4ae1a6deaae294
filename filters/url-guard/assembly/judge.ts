// The verdict on one text.
import { ABSENT, Bytes, Url } from 'sluice';
import { AllowList } from './allow-list';
import { Reason } from './finding';
import { isPlain } from './spelling';

/** Longer texts are no URLs: few servers take them, and each is parsed on the way of a request. */
const MOST_BYTES = 8192;
/** URLs of one request: each takes time and memory. */
const MOST_URLS = 1000;

export class Verdict {
  constructor(
    /** `None` when the URL may pass. */
    readonly reason: Reason,
    /** The URL, normalised; absent when it may not pass. */
    readonly href: Bytes,
  ) {}
}

/** Built in `configure`, read afterwards. */
export class Judge {
  private count: i32 = 0;

  constructor(
    private readonly allowed: AllowList,
    /** Any spelling will do, because the normalised one is handed on. */
    readonly rewrites: bool,
  ) {}

  /** Before the first URL of a request. */
  begin(): void {
    this.count = 0;
  }

  judge(text: Bytes): Verdict {
    if (++this.count > MOST_URLS) return new Verdict(Reason.TooMany, ABSENT);
    return this.verdictOn(text);
  }

  /** The normalised form of a URL that was judged before and may pass. */
  hrefOf(text: Bytes): Bytes {
    return this.verdictOn(text).href;
  }

  private verdictOn(text: Bytes): Verdict {
    if (text.length > MOST_BYTES) return new Verdict(Reason.Invalid, ABSENT);
    const url = Url.parseInternational(text);
    if (!url.isValid) return new Verdict(Reason.Invalid, ABSENT);
    if (!this.allowed.allows(url)) return new Verdict(Reason.NotAllowed, ABSENT);
    if (!this.rewrites && !isPlain(text, url)) return new Verdict(Reason.Spelling, ABSENT);
    return new Verdict(Reason.None, url.href);
  }
}
