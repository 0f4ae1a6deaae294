// Patterns as filters use them: compiled by the host in `configure`, walked by the guest.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../core/errors.js';
import { TestChain } from '../../sdk/testing/index.js';
import {
  comparable,
  endsByRegExp,
  type Sample,
  samples,
  texts,
  unlessTooLarge,
} from '../core/wasm/patterns/samples.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** Rules of the config; the answer is what a scan of the body finds. */
const SCANNER = `
  import { Anchor, Decision, Json, JsonWriter, next, Patterns, PatternSet, Request, respond } from 'sluice';

  let set: PatternSet | null = null;

  function anchorOf(name: string): Anchor {
    return name == 'start' ? Anchor.Start : name == 'both' ? Anchor.Both : Anchor.None;
  }

  export function configure(config: Json): void {
    const patterns = new Patterns();
    for (let rule = config.get('rules').first(); rule.exists; rule = rule.next()) {
      const flags = rule.get('flags').text();
      const anchor = anchorOf(rule.get('anchor').text());
      const literal = rule.get('literal');
      if (literal.exists) patterns.addLiteral(literal.bytes, flags, anchor, literal.pointer);
      else patterns.add(rule.get('pattern').bytes, flags, anchor, rule.get('pattern').pointer);
    }
    set = patterns.compile();
  }

  export function onRequest(request: Request): Decision {
    const found = set!.scan(request.body);
    const writer = new JsonWriter().beginObject();
    writer.name('matches').bool(set!.matches(request.body));
    writer.name('any').bool(found.any).name('count').number(found.count).name('first').number(found.first);
    writer.name('found').beginArray();
    for (let i = found.first; i >= 0; i = found.next(i)) if (found.has(i)) writer.number(i);
    writer.endArray().name('ends').beginArray();
    for (let i = 0; i < found.size; i++) writer.number(found.endOf(i));
    return respond(200).body(writer.endArray().endObject().bytes);
  }`;

interface Rule {
  readonly pattern?: string;
  readonly literal?: string;
  readonly flags?: string;
  readonly anchor?: string;
}

interface Found {
  readonly matches: boolean;
  readonly any: boolean;
  readonly count: number;
  readonly first: number;
  readonly found: readonly number[];
  readonly ends: readonly number[];
}

const MANIFEST = manifestOf({ capabilities: ['patterns'], phases: { request: { body: 'buffer' } } });
let module: Uint8Array;

function chainOf(rules: readonly Rule[], memoryMb = 16): TestChain {
  const whole = rules.map((rule) => ({ flags: '', anchor: 'none', ...rule }));
  return new TestChain([{ module, config: { rules: whole }, memoryMb }]);
}

function scan(chain: TestChain, body: string | Uint8Array): Found {
  const { client, failures } = chain.exchange({ target: '/', method: 'POST', body });
  assert.deepEqual(failures, []);
  return JSON.parse(client!.text) as Found;
}

function assertRefused(rules: readonly Rule[], message: string): void {
  assert.throws(
    () => chainOf(rules),
    (cause) => {
      assert(cause instanceof GatewayError, String(cause));
      assert.deepEqual([cause.code, cause.message], ['SLUICE_FILTER_CONFIG', message]);
      return true;
    },
  );
}

before(async () => {
  module = await buildInline(SCANNER, MANIFEST);
});

describe('a scan', () => {
  it('finds what JavaScript finds, and ends each match where the first one ends', () => {
    fc.assert(
      fc.property(
        fc.array(samples, { maxLength: 4 }),
        fc.array(texts, { minLength: 1, maxLength: 4 }),
        (set: Sample[], drawn) => {
          const chain = unlessTooLarge(() => chainOf(set.map((sample) => ({ ...sample }))));
          for (const text of drawn) {
            const read = set.reduce((changed, sample) => comparable(sample, changed), text);
            const ends = set.map((sample) => endsByRegExp(sample, read)[0] ?? -1);
            const found = [...ends.keys()].filter((index) => ends[index]! >= 0);
            assert.deepEqual(scan(chain, read), {
              matches: found.length > 0,
              any: found.length > 0,
              count: found.length,
              first: found[0] ?? -1,
              found,
              ends,
            });
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('finds the same in every scan, though the tables bear marks of the last', () => {
    const chain = chainOf([{ pattern: 'a+b' }, { pattern: 'b$' }, { literal: 'c', flags: 'i' }]);
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(scan(chain, 'xaab').ends, [4, 4, -1]);
      assert.deepEqual(scan(chain, '').ends, [-1, -1, -1]);
      assert.deepEqual(scan(chain, 'abC').ends, [2, -1, 3]);
    }
  });

  it('finds patterns of several tables', () => {
    const rules = Array.from({ length: 24 }, (_, index) => ({ pattern: `from${index}x.*to${index}y` }));
    const chain = chainOf(rules);
    for (const index of [0, 7, 15, 23])
      assert.deepEqual(scan(chain, `from${index}x - to${index}y`).found, [index]);
    const all = rules.map((_, index) => `from${index}x to${index}y`).join(' ');
    assert.equal(scan(chain, all).count, 24);
  });

  it('finds thousands of literals at once', () => {
    const literals = Array.from({ length: 3000 }, (_, index) => `/blocked/${(index * 7919).toString(36)}/`);
    const chain = chainOf(literals.map((literal) => ({ literal })));
    assert.deepEqual(scan(chain, `GET ${literals[2999]} and ${literals[17]}`).found, [17, 2999]);
    assert.deepEqual(scan(chain, '/blocked/none/').found, []);
  });

  it('reads bytes that are no UTF-8 as no character', () => {
    const chain = chainOf([{ pattern: 'a.b', flags: 's' }, { literal: 'é' }, { pattern: '^[^<]*$' }]);
    assert.deepEqual(scan(chain, Buffer.from([0x61, 0xff, 0x62, 0xc3, 0xc3, 0xa9])).ends, [-1, 6, -1]);
    assert.deepEqual(scan(chain, 'aéb').ends, [4, 3, 4]);
  });

  it('has nothing to find in no patterns', () => {
    const empty = { matches: false, any: false, count: 0, first: -1, found: [], ends: [] };
    assert.deepEqual(scan(chainOf([]), 'abc'), empty);
  });

  it('takes long texts for patterns that make other engines run without end', () => {
    const long = 'a'.repeat(1_000_000);
    const chain = chainOf([
      { pattern: '(a+)+$' },
      { pattern: '(a|aa)+$' },
      { pattern: '(.*)*x' },
      { pattern: '^(a?){30}a{30}$' },
      { pattern: '(\\w+\\s?)+$', anchor: 'start' },
      { pattern: '([a-z]+)*\\d', flags: 'i' },
    ]);
    assert.deepEqual(scan(chain, `${long}!`).ends, [-1, -1, -1, -1, -1, -1]);
    assert.deepEqual(scan(chain, `${long}x`).ends, [-1, -1, 1_000_001, -1, 1_000_001, -1]);
    assert.deepEqual(scan(chain, long).ends, [1_000_000, 1_000_000, -1, -1, 1_000_000, -1]);
  });
});

describe('the config of patterns', () => {
  it('is refused at the pattern, with the character in it', () => {
    const fine = { pattern: 'a' };
    assertRefused(
      [fine, { pattern: 'é(?=b)' }],
      '/filters/inline/config/rules/1/pattern: pattern 1 at character 2: looking ahead is not supported',
    );
    assertRefused(
      [{ pattern: '(a)\\1' }],
      '/filters/inline/config/rules/0/pattern: pattern 0 at character 4: a back-reference is not supported',
    );
    assertRefused(
      [fine, fine, { literal: 'a', flags: 'x' }],
      '/filters/inline/config/rules/2/literal: pattern 2 found the flag "x", expected i or s',
    );
  });

  it('is refused at the pattern that is too large', () => {
    assert.throws(
      () => chainOf([{ pattern: 'a' }, { pattern: '(a|b)*a(a|b){30}' }]),
      /config\/rules\/1\/pattern: pattern 1 is too large: the automaton grew beyond \d+ states/,
    );
  });

  it('takes lists of it, and refuses an item by its place', async () => {
    const source = `
      import { Anchor, Decision, Json, next, Patterns, PatternSet, Request, respond } from 'sluice';
      let fixed: PatternSet | null = null;
      let words: PatternSet | null = null;
      let given: PatternSet | null = null;
      export function configure(config: Json): void {
        fixed = Patterns.compile(['^/a', '[0-9]+$'], 'i', '/fixed');
        words = Patterns.literals(['.php', 'wp-'], 'i');
        given = Patterns.fromConfig(config.get('paths'), 's', Anchor.Both);
      }
      export function onRequest(request: Request): Decision {
        const path = request.path;
        request.headers.set('x-fixed', fixed!.scan(path).first);
        request.headers.set('x-words', words!.scan(path).first);
        request.headers.set('x-given', given!.matches(path) ? 'yes' : 'no');
        return next();
      }`;
    const lists = await buildInline(source, manifestOf({ capabilities: ['patterns'] }));
    const chain = new TestChain([{ module: lists, config: { paths: ['/x/.+', '/A.PHP'] } }]);
    const headers = (target: string): unknown[] => {
      const { upstream } = chain.exchange({ target });
      return ['x-fixed', 'x-words', 'x-given'].map((name) => upstream!.headers.get(name));
    };
    assert.deepEqual(headers('/A.PHP'), ['0', '0', 'yes']);
    assert.deepEqual(headers('/x/WP-7'), ['1', '1', 'yes']);
    assert.deepEqual(headers('/x/'), ['-1', '-1', 'no']);
    assert.throws(
      () => new TestChain([{ module: lists, config: { paths: ['/x', '/('] } }]),
      /config\/paths\/1: pattern 1 at character 3: Unterminated group/,
    );
  });

  it('does not load without the grant', () => {
    assert.throws(
      () => new TestChain([{ module, grants: [], config: { rules: [] } }]),
      (cause) => cause instanceof GatewayError && cause.code === 'SLUICE_FILTER_LINK',
    );
  });
});

describe('patterns outside of configure', () => {
  const filter = (top: string, call: string): Promise<Uint8Array> =>
    buildInline(
      `import { Decision, next, Patterns, Request } from 'sluice';
       ${top}
       export function onRequest(request: Request): Decision { ${call} return next(); }`,
      manifestOf({ capabilities: ['patterns'] }),
    );

  it('end the call that compiles them', async () => {
    const late = await filter('', "Patterns.compile(['a']);");
    const { failures } = new TestChain([{ module: late }]).exchange({ target: '/' });
    assert.match(failures[0]!.message, /patterns are compiled in configure only/);
  });

  it('end the call that uses them when they were refused and nobody could be told', async () => {
    const lost = await filter("const set = Patterns.compile(['(']);", 'set.matches(request.path);');
    const { failures } = new TestChain([{ module: lost }]).exchange({ target: '/' });
    assert.match(failures[0]!.message, /these patterns were refused/);
  });
});
