// The arena of guests, seen through a filter: what a call leaves behind, what configure keeps, what runs out.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { TestChain } from '../../sdk/testing/index.js';
import { guestBytes } from '../support/test-guests.js';
import { buildInline } from './inline-filter.js';

const SOURCE = `
import { Bytes, Decision, Json, next, Request, respond } from 'sluice';

let greeting: Bytes = Bytes.from('none');
const words = new Map<string, i32>();
let calls = 0;

export function configure(config: Json): void {
  greeting = config.get('greeting').bytes.clone();
  for (let i = 0; i < 200; i++) words.set('word' + i.toString(), i);
}

function dirtyBytes(size: i32): i32 {
  const fresh = new Uint8Array(size);
  let dirty = 0;
  for (let i = 0; i < size; i++) if (fresh[i] != 0) dirty++;
  return dirty;
}

function numbers(count: i32): i32 {
  const list: i32[] = [];
  let text = '';
  for (let i = 0; i < count; i++) {
    list.push(i);
    // Something else is allocated in between, so that the list cannot always grow in place.
    if (i % 100 == 0) text += i.toString();
  }
  let sum = text.length;
  for (let i = 0; i < count; i++) sum += list[i];
  list.length = 10;
  list.push(5);
  return sum + list[10] + list.length;
}

export function onRequest(request: Request): Decision {
  calls++;
  const path = request.path;
  if (path.equals('/zero')) return respond(200).text(dirtyBytes(40) + dirtyBytes(4000) + dirtyBytes(100000));
  if (path.equals('/numbers')) return respond(200).text(numbers(5000));
  if (path.equals('/word')) return respond(200).text(words.get('word123'));
  if (path.equals('/calls')) return respond(200).text(calls);
  return respond(200).text(greeting);
}
`;

describe('the arena of a guest', () => {
  let module: Uint8Array;
  before(async () => {
    module = await buildInline(SOURCE);
  });

  const chain = (): TestChain => new TestChain([{ module, config: { greeting: 'hellö' } }]);
  const ask = (on: TestChain, target: string, filler = ''): string | undefined =>
    on.exchange({ target, headers: { 'x-filler': filler } }).client?.text;

  it('hands out zeroed memory although bytes of another client lay there', () => {
    const one = chain();
    ask(one, '/', 'secret'.repeat(20_000));
    assert.equal(ask(one, '/zero'), '0');
  });

  it('keeps what module level and configure allocated', () => {
    const one = chain();
    for (let i = 0; i < 50; i += 1) ask(one, '/numbers', 'x'.repeat(i * 100));
    assert.equal(ask(one, '/'), 'hellö');
    assert.equal(ask(one, '/word'), '123');
  });

  it('keeps plain numbers of the module from call to call', () => {
    const one = chain();
    ask(one, '/');
    ask(one, '/');
    assert.equal(ask(one, '/calls'), '3');
  });

  it('moves and grows what is allocated, and keeps its content', () => {
    const text = Array.from({ length: 50 }, (_, index) => String(index * 100)).join('');
    const expected = text.length + (5000 * 4999) / 2 + 5 + 11;
    assert.equal(ask(chain(), '/numbers'), String(expected));
  });

  it('frees everything of a call with the next', () => {
    const one = chain();
    for (let i = 0; i < 20; i += 1) ask(one, '/numbers');
    const settled = one.memoryBytes;
    for (let i = 0; i < 2_000; i += 1) ask(one, '/numbers');
    assert.equal(one.memoryBytes, settled);
  });

  it('stops an object of a call from being put into one that configure made', async () => {
    const dangling = new TestChain([{ module: await guestBytes('dangling') }]);
    for (const how of ['field', 'list']) {
      const { failures } = dangling.exchange({ target: '/secret', headers: { 'x-keep': how } });
      assert.equal(failures[0]?.code, 'SLUICE_FILTER_TRAP');
      assert.match(
        failures[0]?.message ?? '',
        /an object of this call was put into an object kept from configure/,
      );
    }
    const { upstream } = dangling.exchange({ target: '/', headers: { 'x-keep': 'no' } });
    assert.equal(upstream?.headers.get('x-first'), 'kept');
  });

  it('grows up to its maximum and then says that it has none left', async () => {
    const bomb = new TestChain([{ module: await guestBytes('memory-bomb'), memoryMb: 8 }]);
    const some = bomb.exchange({ target: '/', headers: { 'x-bomb': '7' } });
    assert.equal(some.upstream?.headers.get('x-allocated'), String(7 * 1_048_576));
    const { failures } = bomb.exchange({ target: '/', headers: { 'x-bomb': '8' } });
    assert.match(failures[0]?.message ?? '', /out of memory: the call needs more than the maximum/);
    const again = bomb.exchange({ target: '/', headers: { 'x-bomb': '7' } });
    assert.equal(again.upstream?.headers.get('x-allocated'), String(7 * 1_048_576));
  });
});
