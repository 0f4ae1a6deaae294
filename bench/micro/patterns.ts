// Fifty patterns over a megabyte, by one scan of a guest and by JavaScript's RegExp one after the other; and what patterns
// cost that make a backtracking engine run without end.
import assert from 'node:assert/strict';
import { FilterChain } from '../../core/wasm/chain.js';
import { loadModule } from '../../core/wasm/module.js';
import { buildInline, manifestOf } from '../../test/sdk/inline-filter.js';
import { writeFrame } from '../../test/support/phase-frame.js';
import { linksTo, phaseMessage, specOf } from '../../test/support/phase-messages.js';
import { pairwise, spreadOf } from '../harness/statistics.js';
import type { Ratio, Table } from '../suite.js';
import { RULES, requestLog } from './pattern-texts.js';
import type { Contender } from './stopwatch.js';
import type { Part, Subject, Track } from './subject.js';

/** Scans of one call of the guest, so that carrying the text there does not count. */
const SCANS = 4;
const TEXT_BYTES = 1_000_000;
/** A catastrophic pattern may take so many times what a harmless one takes. */
const MOST_FOR_CATASTROPHIC = 1.1;
const HARMLESS = 'a+b';
const CATASTROPHIC = ['(a+)+b', '(a|aa)+b', '(.*)*x', '(\\w+\\s?)+[!?]'];
/** Letters that RegExp gets of the text; four more take it sixteen times as long. */
const LETTERS = [16, 20];

const SOURCE = `
  import { Decision, Json, next, Patterns, PatternSet, Request } from 'sluice';
  let set: PatternSet | null = null;
  let scans: i32 = 0;
  export function configure(config: Json): void {
    set = Patterns.fromConfig(config.get('patterns'), 'i');
    scans = <i32>config.get('scans').integer();
  }
  export function onRequest(request: Request): Decision {
    let count = 0;
    for (let i = 0; i < scans; i++) count += set!.scan(request.body).count;
    request.headers.set('x-count', count);
    return next();
  }`;

/** Finds patterns in a text, and answers how many of them match. */
export interface Search {
  readonly contender: Contender;
  count(): number;
}

/** Guests that scan a body for patterns. */
export class PatternGuests {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static async build(): Promise<PatternGuests> {
    const phases = { request: { body: 'buffer' } };
    return new PatternGuests(await buildInline(SOURCE, manifestOf({ capabilities: ['patterns'], phases })));
  }

  search(patterns: readonly string[], text: string): Search {
    const spec = specOf(loadModule(this.#bytes, 'patterns'), {
      config: JSON.stringify({ patterns, scans: SCANS }),
    });
    const chain = new FilterChain();
    chain.load(spec);
    const body = Buffer.from(text);
    const { memory, frame } = writeFrame(phaseMessage('request', {}, body));
    const input = {
      ...({ phase: 'request', stage: 'whole', memory, at: 0, length: frame.length, body } as const),
      links: linksTo(spec),
      outcome: null,
    };
    const count = (): number => Number(chain.run(input).edits.values[0]) / SCANS;
    return { count, contender: { operations: SCANS, call: count } };
  }
}

export function searchByRegExp(patterns: readonly string[], text: string): Search {
  const regexes = patterns.map((pattern) => new RegExp(pattern, 'iu'));
  const count = (): number => regexes.filter((regex) => regex.test(text)).length;
  return { count, contender: { operations: 1, call: count } };
}

export const patternsSubject: Subject = {
  name: 'patterns',
  contests: 3,
  async measure(track) {
    const guests = await PatternGuests.build();
    const rules = await measureRules(track, guests);
    const backtracking = await measureBacktracking(track, guests);
    return {
      tables: [...rules.tables, ...backtracking.tables],
      charts: [],
      ratios: [...rules.ratios, ...backtracking.ratios],
      notes: rules.notes,
    };
  },
};

async function measureRules(track: Track, guests: PatternGuests): Promise<Part> {
  const log = requestLog(TEXT_BYTES);
  const before = process.cpuUsage();
  const scan = guests.search(RULES, log);
  const { user, system } = process.cpuUsage(before);
  const regExp = searchByRegExp(RULES, log);
  assert.equal(scan.count(), regExp.count());
  const { own, javascript } = await track.contest('fifty patterns', {
    own: scan.contender,
    javascript: regExp.contender,
  });
  const row = (name: string, ns: readonly number[]): Table['rows'][number] => {
    return {
      name,
      cells: [ms(ns), spreadOf(ns.map((value) => Buffer.byteLength(log) / 1e6 / (value / 1e9)))],
    };
  };
  return {
    tables: [
      {
        title: `Patterns: ${RULES.length} rules of a firewall over 1 MB of requests`,
        head: 'by',
        columns: [
          { name: 'all of them', unit: 'ms', digits: 2 },
          { name: 'MB a second', unit: 'count', digits: 0 },
        ],
        rows: [row('one scan of a guest', own), row('RegExp, one after the other', javascript)],
      },
    ],
    charts: [],
    ratios: [ratio('patterns/regexp', `${RULES.length} patterns over 1 MB, next to RegExp`, own, javascript)],
    notes: [
      `Patterns: a filter with ${RULES.length} of them is loaded in ${((user + system) / 1000).toFixed(0)} ms of CPU, most of which compiles them; that happens once for all workers.`,
    ],
  };
}

async function measureBacktracking(track: Track, guests: PatternGuests): Promise<Part> {
  const letters = `${'a'.repeat(TEXT_BYTES - 1)}-`;
  const patterns = [HARMLESS, ...CATASTROPHIC];
  const searches = patterns.map((pattern) => [pattern, guests.search([pattern], letters)] as const);
  const byRegExp = LETTERS.map((length) => {
    const text = `${'a'.repeat(length)}-`;
    return [`(a+)+b by RegExp, ${length} letters`, searchByRegExp(['(a+)+b'], text)] as const;
  });
  for (const [pattern, { count }] of [...searches, ...byRegExp]) assert.equal(count(), 0, pattern);
  const contest = (step: string, all: readonly (readonly [string, Search])[]) =>
    track.contest<string>(step, Object.fromEntries(all.map(([name, search]) => [name, search.contender])));
  const own = await contest('catastrophic patterns', searches);
  const theirs = await contest('a catastrophic pattern by RegExp', byRegExp);
  return {
    tables: [
      {
        title: 'Patterns: harmless and catastrophic ones over 1 MB of letters, by a guest',
        head: 'pattern',
        columns: [{ name: 'a scan', unit: 'ms', digits: 2 }],
        rows: Object.entries({ ...own, ...theirs }).map(([name, ns]) => ({ name, cells: [ms(ns)] })),
      },
    ],
    charts: [],
    ratios: [
      {
        ...ratio(
          'catastrophic-pattern/harmless-pattern',
          '(a+)+b next to a+b',
          own['(a+)+b']!,
          own[HARMLESS]!,
        ),
        atMost: MOST_FOR_CATASTROPHIC,
      },
    ],
    notes: [],
  };
}

function ms(ns: readonly number[]) {
  return spreadOf(ns.map((value) => value / 1e6));
}

function ratio(id: string, name: string, own: readonly number[], theirs: readonly number[]): Ratio {
  return {
    id: `micro/${id}`,
    name,
    value: pairwise(own, theirs, (left, right) => left / right),
    atMost: null,
  };
}
