// Url against the URL of Node: whatever the text, both say the same of it, to the last byte of every part.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { urlText } from './url-arbitrary.js';
import { type Answer, parsedByNode, UrlGuest, type UrlParts } from './url-guest.js';

/** Batches; with a batch of 200 twelve thousand URLs. */
const RUNS = 60;
const batch = fc.array(urlText, { minLength: 200, maxLength: 200 });

/** Only such a text can have a host that ASCII does not spell. */
const MAY_NEED_IDNA = /[^\0-\x7f]|%|xn--/i;

/** Node 20 takes a whole first segment such as `a:b` for a drive letter, which `..` does not leave. */
const SO_CALLED_DRIVE = /^\/[a-z]:[^/]/i;
const DOUBLE_DOT = /(?:\.|%2e){2}/i;

/** True where Node leaves the standard in the path: at a so-called drive, and in `foo:/..`, where it loses the slash. */
function hasStrayPath({ scheme, path }: UrlParts, text: string): boolean {
  if (scheme === 'file') return SO_CALLED_DRIVE.test(path);
  return path === '' && DOUBLE_DOT.test(text.replaceAll(/[\t\n\r]/g, ''));
}

function assertSame(answer: Answer, text: string): void {
  const expected = parsedByNode(text);
  if (expected === null) {
    assert('failure' in answer, `${JSON.stringify(text)} was not refused`);
  } else if (hasStrayPath(expected, text)) {
    const { path, href } = expected;
    assert.deepEqual({ ...answer, path, href }, expected, JSON.stringify(text));
  } else {
    assert.deepEqual(answer, expected, JSON.stringify(text));
  }
}

describe('a URL that somebody made up', () => {
  let plain: UrlGuest;
  let international: UrlGuest;
  before(async () => {
    plain = await UrlGuest.build('parse');
    international = await UrlGuest.build('parseInternational');
  });

  it('is read, or refused, with the capability idna as Node does', () => {
    fc.assert(
      fc.property(batch, (urls) => {
        international.parse(urls).forEach((answer, index) => {
          assertSame(answer, urls[index]!);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('is read, or refused, without it as Node does, unless its host needs it', () => {
    fc.assert(
      fc.property(batch, (urls) => {
        plain.parse(urls).forEach((answer, index) => {
          const text = urls[index]!;
          if ('failure' in answer && answer.failure === 'needs-idna') assert.match(text, MAY_NEED_IDNA);
          else assertSame(answer, text);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('never traps the guest, whatever its bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom('', 'http://', 'x:', 'file://'),
        (tail, head) => {
          const bytes = Buffer.concat([Buffer.from(head), tail]);
          const isUtf8 = Buffer.from(bytes.toString()).equals(bytes);
          const answer = international.parseBytes(bytes);
          assert.equal('failure' in answer && answer.failure === 'not-utf8', !isUtf8);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
