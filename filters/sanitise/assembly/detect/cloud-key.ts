// Keys of well-known services, which begin in a way of their own.
import { isDigit, isWord, startsWith } from './text';

/** Beginning, characters that follow (`A` upper case and digits, `h` hex digits, `w` letters and digits, `b` base64url), how many at least and at most. */
class Form {
  constructor(
    readonly prefix: string,
    readonly set: u32,
    readonly least: i32,
    readonly most: i32,
  ) {}
}

const A: u32 = 0x41;
const H: u32 = 0x68;
const W: u32 = 0x77;
const B: u32 = 0x62;
const ANY: i32 = 4096;

const FORMS: Form[] = [
  // AWS: ids of access keys, of users, roles, groups and the like.
  new Form('AKIA', A, 16, 16),
  new Form('ASIA', A, 16, 16),
  new Form('AROA', A, 16, 16),
  new Form('AIDA', A, 16, 16),
  new Form('AGPA', A, 16, 16),
  new Form('ANPA', A, 16, 16),
  new Form('ANVA', A, 16, 16),
  // Google: API keys and OAuth tokens.
  new Form('AIza', B, 35, 35),
  new Form('ya29.', B, 20, ANY),
  new Form('GOCSPX-', B, 28, 28),
  // GitHub, GitLab.
  new Form('ghp_', W, 36, 255),
  new Form('gho_', W, 36, 255),
  new Form('ghu_', W, 36, 255),
  new Form('ghs_', W, 36, 255),
  new Form('ghr_', W, 36, 255),
  new Form('github_pat_', B, 22, 255),
  new Form('glpat-', B, 20, 255),
  // Slack.
  new Form('xoxb-', B, 10, ANY),
  new Form('xoxa-', B, 10, ANY),
  new Form('xoxp-', B, 10, ANY),
  new Form('xoxr-', B, 10, ANY),
  new Form('xoxs-', B, 10, ANY),
  new Form('xapp-', B, 10, ANY),
  // Stripe.
  new Form('sk_live_', W, 16, 255),
  new Form('rk_live_', W, 16, 255),
  new Form('sk_test_', W, 16, 255),
  new Form('rk_test_', W, 16, 255),
  new Form('whsec_', W, 24, 255),
  // Others.
  new Form('npm_', W, 36, 36),
  new Form('pypi-', B, 50, ANY),
  new Form('dop_v1_', H, 64, 64),
  new Form('shpat_', H, 32, 32),
  new Form('shpss_', H, 32, 32),
  new Form('hf_', W, 30, 255),
  new Form('sk-', B, 20, ANY),
  new Form('SK', H, 32, 32),
];

/** First letters of the forms, a bit for each letter from `A` on: most words begin otherwise. */
const FIRST: u64 = firstLetters();

function firstLetters(): u64 {
  let letters: u64 = (<u64>1) << (0x53 - 0x41); // SendGrid
  for (let i = 0; i < FORMS.length; i++) letters |= (<u64>1) << (FORMS[i].prefix.charCodeAt(0) - 0x41);
  return letters;
}

/** End of the key that begins at `at`, a letter, or 0. */
export function cloudKeyEnd(at: usize, end: usize): usize {
  if (((FIRST >> (load<u8>(at) - 0x41)) & 1) == 0) return 0;
  for (let i = 0; i < FORMS.length; i++) {
    const form = FORMS[i];
    if (<u32>load<u8>(at) != <u32>form.prefix.charCodeAt(0) || !startsWith(at, end, form.prefix)) continue;
    const first = at + form.prefix.length;
    let last = first;
    while (last < end && isIn(form.set, load<u8>(last))) last++;
    const length = <i32>(last - first);
    if (length >= form.least && length <= form.most) return last;
  }
  return sendGridEnd(at, end);
}

/** `SG.`, 22 characters, a dot, 43 characters. */
function sendGridEnd(at: usize, end: usize): usize {
  if (!startsWith(at, end, 'SG.') || end - at < 69 || load<u8>(at, 25) != 0x2e) return 0;
  for (let i: usize = 3; i < 69; i++) if (i != 25 && !isIn(B, load<u8>(at + i))) return 0;
  return at + 69;
}

function isIn(set: u32, byte: u32): bool {
  if (set == A) return isDigit(byte) || byte - 0x41 < 26;
  if (set == H) return isDigit(byte) || (byte | 0x20) - 0x61 < 6;
  return isWord(byte) || (set == B && (byte == 0x2d || byte == 0x5f));
}
