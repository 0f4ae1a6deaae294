// The rule of a built-in filter in process: by the chain that a worker runs, and by the JavaScript that the bench of filters
// holds it next to.
import assert from 'node:assert/strict';
import { validateDocument } from '../../core/config/validate.js';
import { readModule, toSpec } from '../../core/filter-spec.js';
import { HeaderList } from '../../core/headers.js';
import type { ChainInput } from '../../core/wasm/chain-input.js';
import { applyEdits } from '../../core/wasm/edits.js';
import type { PhaseMessage, PhaseResult } from '../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../core/wasm/instance.js';
import { loadModule } from '../../core/wasm/module.js';
import { writeFrame } from '../../test/support/phase-frame.js';
import { linksTo, phaseMessage } from '../../test/support/phase-messages.js';
import { findFault, type Outcome } from '../filters/agreement.js';
import { type Case, type FilterBench, pathOf } from '../filters/filter-bench.js';
import type { ProxiedRequest, ProxiedResponse, Rule } from '../peers/node/rule.js';
import { supervisedChain } from './guest-calls.js';
import type { Contender } from './stopwatch.js';

const RESPONSE_HEADERS = {
  'content-type': 'application/json',
  'x-powered-by': 'bench',
  'cache-control': 'no-cache',
};
/** A field of all documents, in words of one length: variants of a body are of one size. */
const CURRENCIES = ['USD', 'EUR', 'GBP', 'CHF'];

/** The filter as a configuration makes it. */
export async function builtinSpec(name: string, settings: FilterBench['sluice']): Promise<FilterSpec> {
  const document = {
    listeners: [{ name: 'bench', address: '127.0.0.1:0' }],
    upstreams: {},
    filters: { [name]: { module: `builtin:${name}`, ...settings } },
    routes: [],
  };
  const options = { folder: '/', findSecrets: () => [] };
  const filter = validateDocument(JSON.stringify(document), 'bench', options).config.filters[0]!;
  return toSpec(1, filter, loadModule(await readModule(filter, new Map()), name));
}

/** Both sides at the same documents. What the chain answers is there until its next run. */
interface Contenders {
  readonly documents: readonly Uint8Array[];
  readonly sides: Readonly<Record<'own' | 'javascript', Contender>>;
}

/** Both sides of the bench of one filter. */
export class RuleSides {
  readonly #bench: FilterBench;
  readonly #rule: Rule;
  readonly #chain = supervisedChain();
  readonly #links: ReturnType<typeof linksTo>;
  /** It is a rule for responses. */
  readonly #isOfResponses: boolean;

  constructor(bench: FilterBench, rule: Rule, spec: FilterSpec) {
    this.#bench = bench;
    this.#rule = rule;
    this.#chain.load(spec);
    this.#links = linksTo(spec);
    this.#isOfResponses = rule.response !== undefined;
  }

  /** @throws AssertionError where a side does not do what a case expects, or does it in other bytes */
  check(cases: readonly Case[]): void {
    for (const one of cases) {
      const own = this.#own(one);
      const javascript = this.#javascript(one);
      const faults = [findFault(one, own), findFault(one, javascript)];
      assert.deepEqual(faults, [null, null], `${this.#bench.filter}: ${one.name}`);
      if (one.expected.kind === 'cleaned') assert.equal(own.text, javascript.text, one.name);
    }
  }

  /** The same case with documents that differ, and are of one size. */
  contenders(measured: Case): Contenders {
    const bodies = CURRENCIES.map((currency) =>
      Buffer.from(this.#bodyOf(measured).toString().replaceAll('USD', currency)),
    );
    const inputs = bodies.map((body) => this.#input(this.#message(measured, body)));
    const requests = bodies.map((body) => requestOf(this.#bench, measured, body));
    const responses = bodies.map(responseOf);
    const { request, response } = this.#rule;
    const judge = (index: number): unknown => request!(requests[index]!);
    const clean = (index: number): unknown => response!(responses[index]!).body.length;
    return {
      documents: bodies,
      sides: {
        own: turns(bodies.length, (index) => this.#chain.run(inputs[index]!)),
        javascript: turns(bodies.length, this.#isOfResponses ? clean : judge),
      },
    };
  }

  #bodyOf({ request }: Case): Buffer {
    return Buffer.from(this.#isOfResponses ? this.#bench.answers[request.path]! : request.body);
  }

  #message(one: Case, body: Buffer): PhaseMessage {
    const { method, headers, path, query } = requestOf(this.#bench, one, body);
    const phase = this.#isOfResponses ? 'response' : 'request';
    return {
      ...phaseMessage(phase, headers, body),
      ...{ method, path, query },
      responseHeaders: new HeaderList(this.#isOfResponses ? Object.entries(RESPONSE_HEADERS).flat() : []),
    };
  }

  #input(message: PhaseMessage): ChainInput {
    const { memory, frame } = writeFrame(message);
    const { phase, stage, body } = message;
    return { phase, stage, memory, at: 0, length: frame.length, body, links: this.#links, outcome: null };
  }

  #own(one: Case): Outcome {
    const message = this.#message(one, this.#bodyOf(one));
    return outcomeOf(message, this.#chain.run(this.#input(message)));
  }

  #javascript(one: Case): Outcome {
    const body = this.#bodyOf(one);
    if (!this.#isOfResponses) {
      const refused = this.#rule.request!(requestOf(this.#bench, one, body));
      return { status: refused ?? 200, headers: new Headers(), text: body.toString() };
    }
    const { status, headers, body: cleaned } = this.#rule.response!(responseOf(body));
    return { status, headers: new Headers(headers), text: cleaned.toString() };
  }
}

/** One after the other; what comes of them is kept. */
function turns(count: number, work: (index: number) => unknown): Contender {
  return {
    operations: count,
    call: () => {
      const results: unknown[] = [];
      for (let index = 0; index < count; index += 1) results.push(work(index));
      return results;
    },
  };
}

function requestOf({ filter }: FilterBench, { request }: Case, body: Buffer): ProxiedRequest {
  const { method, headers } = request;
  const [path = '', query = ''] = pathOf(filter, request.path, true).split('?');
  return { method, path, query, headers, body };
}

function responseOf(body: Buffer): ProxiedResponse {
  return { status: 200, headers: RESPONSE_HEADERS, body };
}

function outcomeOf(message: PhaseMessage, result: PhaseResult): Outcome {
  assert.deepEqual([...result.failures], []);
  const { response } = result;
  if (response !== null) return seen(response.status, response.headers, response.body);
  applyEdits(result.edits, message);
  if (message.phase === 'request') return seen(200, message.requestHeaders, message.body);
  return seen(message.status, message.responseHeaders, message.body);
}

function seen(status: number, { flat }: HeaderList, body: Uint8Array | null): Outcome {
  const headers = new Headers();
  for (let i = 0; i < flat.length; i += 2) headers.append(flat[i]!, flat[i + 1]!);
  return { status, headers, text: Buffer.from(body ?? new Uint8Array(0)).toString() };
}
