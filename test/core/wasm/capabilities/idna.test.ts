// The function as any guest may call it; Url of the SDK calls it in test/sdk/url.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdnaCapability } from '../../../../core/wasm/capabilities/idna.js';
import { GuestAbort, GuestMemory } from '../../../../core/wasm/guest-memory.js';
import { IMPORT_DOMAIN_TO_ASCII } from '../../../../sdk/abi/names.js';

const PAGE_BYTES = 65_536;
const TO = 8192;

type DomainToAscii = (address: number, length: number, to: number, capacity: number) => number;

const memory = new WebAssembly.Memory({ initial: 1 });
const toAscii = new IdnaCapability(new GuestMemory(memory)).functions[
  IMPORT_DOMAIN_TO_ASCII
] as DomainToAscii;

/** What a domain comes to; null when it is none. */
function spelled(domain: string | Uint8Array): string | null {
  const bytes = Buffer.from(domain);
  const guest = Buffer.from(memory.buffer);
  guest.fill(0x23);
  bytes.copy(guest);
  const length = toAscii(0, bytes.length, TO, 1024);
  assert.equal(guest.toString('latin1', TO + length, TO + length + 1), '#', 'wrote beyond its answer');
  return length === 0 ? null : guest.toString('latin1', TO, TO + length);
}

describe('the capability idna', () => {
  it('spells a domain in ASCII as a URL has it', () => {
    const domains: [string, string][] = [
      ['bücher.example', 'xn--bcher-kva.example'],
      ['BÜCHER.Example.', 'xn--bcher-kva.example.'],
      ['ｅxa\u00admple', 'example'],
      ['日本。jp', 'xn--wgv71a.jp'],
      ['xn--ls8h', 'xn--ls8h'],
      ['plain', 'plain'],
      ['１２７.1', '127.0.0.1'],
      ['é'.repeat(512), new URL(`http://${'é'.repeat(512)}`).hostname],
    ];
    for (const [domain, expected] of domains) assert.equal(spelled(domain), expected);
  });

  it('makes nothing of what is no domain', () => {
    for (const domain of ['', 'xn--a', '\u00ad', 'é.256', 'a\u2488', `${'é'.repeat(512)}a`]) {
      assert.equal(spelled(domain), null, domain);
    }
    assert.equal(spelled(Buffer.from('a\xff', 'latin1')), null);
  });

  it('makes nothing of a domain with a delimiter in it, plain, full-width or encoded', () => {
    for (const mark of '\0\t\n\r #%/:<>?@[\\]^|\x7f／％：＠？＃')
      assert.equal(spelled(`é${mark}a`), null, mark);
    for (const domain of ['%C3%A9', 'é%41', '[::1]']) assert.equal(spelled(domain), null, domain);
  });

  it('copies what there is room for and tells what it would take', () => {
    const guest = Buffer.from(memory.buffer);
    guest.fill(0x23);
    guest.write('é');
    assert.equal(toAscii(0, 2, TO, 3), 'xn--9ca'.length);
    assert.equal(guest.toString('latin1', TO, TO + 4), 'xn-#');
  });

  it('reads and writes nothing beyond the memory', () => {
    assert.throws(() => toAscii(PAGE_BYTES - 1, 2, 0, 16), GuestAbort);
    assert.throws(() => toAscii(-1, 1, 0, 16), GuestAbort);
    Buffer.from(memory.buffer).write('é');
    assert.throws(() => toAscii(0, 2, PAGE_BYTES - 6, 16), GuestAbort);
    assert.throws(() => toAscii(0, 2, -1, -1), GuestAbort);
    assert.equal(toAscii(0, -1, 0, 16), 0);
  });
});
