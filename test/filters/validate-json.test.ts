import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestChain } from '../../sdk/testing/index.js';
import { chainOf } from './built-in.js';
import { ACCEPTED, AMBIGUOUS, type JsonCase, REFUSED } from './json-cases.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The code that a document is refused with, and the limit that it breaks; empty when it passes. */
function refusal(chain: TestChain, body: JsonCase): string {
  const headers = { 'content-type': 'application/json' };
  const { upstream, client, failures } = chain.exchange({ method: 'POST', target: '/', headers, body });
  assert.deepEqual(failures, []);
  if (upstream !== null) return '';
  const { code, findings } = JSON.parse(client!.text) as { code: string; findings?: { rule: string }[] };
  return findings === undefined ? code : `${code} ${findings[0]!.rule}`;
}

const bytesOf = (document: JsonCase): Uint8Array => Buffer.from(document as string);
const inShort = (document: JsonCase): string =>
  typeof document === 'string'
    ? JSON.stringify(document).slice(0, 60)
    : Buffer.from(document).toString('hex');

function isJson(document: JsonCase): boolean {
  try {
    JSON.parse(utf8.decode(bytesOf(document)));
    return true;
  } catch {
    return false;
  }
}

/** Sizes of a valid document, told from what JSON.parse makes of it; those of strings from their spelling. */
function measure(text: string): Record<'depth' | 'keys' | 'arrayLength' | 'stringLength', number> {
  const most = { depth: 0, keys: 0, arrayLength: 0, stringLength: 0 };
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    most.depth = Math.max(most.depth, depth + 1);
    const size = Array.isArray(value) ? 'arrayLength' : 'keys';
    most[size] = Math.max(most[size], Object.keys(value).length);
    for (const inner of Object.values(value)) visit(inner, depth + 1);
  };
  visit(JSON.parse(text), 0);
  for (const [string] of text.matchAll(/"(?:[^"\\]|\\.)*"/gs)) {
    most.stringLength = Math.max(most.stringLength, Buffer.byteLength(string) - 2);
  }
  return most;
}

describe('validate: strict JSON', () => {
  const chain = chainOf('validate', { schema: true });

  it('is tried on 300 documents and more', () => {
    const all = [...ACCEPTED, ...REFUSED, ...AMBIGUOUS].map((document) =>
      Buffer.from(bytesOf(document)).toString('hex'),
    );
    assert.ok(new Set(all).size > 300, `${new Set(all).size}`);
    assert.equal(new Set(all).size, all.length, 'a document is there twice');
  });

  for (const document of ACCEPTED) {
    it(`takes ${inShort(document)}, as JSON.parse does`, () => {
      assert.equal(refusal(chain, document), '');
      assert.ok(isJson(document));
    });
  }
  for (const document of REFUSED) {
    it(`refuses ${inShort(document)}, as JSON.parse does`, () => {
      assert.equal(refusal(chain, document), 'VALIDATE_NOT_JSON');
      assert.ok(!isJson(document));
    });
  }
  for (const document of AMBIGUOUS) {
    it(`refuses ${inShort(document)}, although JSON.parse does not`, () => {
      assert.equal(refusal(chain, document), 'VALIDATE_NOT_JSON');
      assert.ok(isJson(document));
    });
  }

  it('is never looser than JSON.parse when any byte of a document is cut off or changed', () => {
    for (const document of ACCEPTED) {
      const bytes = bytesOf(document);
      if (bytes.length > 60) continue;
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = [
          bytes.slice(0, at),
          ...[0, 0x20, 0x22, 0x2c, 0x5c, 0x7d, 0x80].map((byte) => {
            const copy = Uint8Array.from(bytes);
            copy[at] = byte;
            return copy;
          }),
        ];
        for (const each of changed) {
          if (each.length === 0 || refusal(chain, each) !== '') continue;
          assert.ok(isJson(each), Buffer.from(each).toString('hex'));
        }
      }
    }
  });
});

describe('validate: limits on the bytes', () => {
  const texts = ACCEPTED.filter((document): document is string => typeof document === 'string');
  for (const limit of ['depth', 'keys', 'arrayLength', 'stringLength'] as const) {
    it(`tell ${limit} as it is after parsing`, () => {
      for (const most of [0, 1, 2, 3, 4, 16, 32]) {
        const chain = chainOf('validate', { schema: true, limits: { [limit]: most } });
        for (const text of texts) {
          const expected = measure(text)[limit] > most ? `VALIDATE_LIMIT ${limit}` : '';
          assert.equal(refusal(chain, text), expected, `${limit} ${most}: ${text.slice(0, 80)}`);
        }
      }
    });
  }

  it('end a document of any kind without a failure', () => {
    const chain = chainOf('validate', {
      schema: true,
      limits: { depth: 3, keys: 3, arrayLength: 3, stringLength: 20 },
    });
    for (const document of [...REFUSED, ...AMBIGUOUS]) {
      assert.match(refusal(chain, document), /^VALIDATE_(NOT_JSON|LIMIT .+)$/, inShort(document));
    }
  });
});
