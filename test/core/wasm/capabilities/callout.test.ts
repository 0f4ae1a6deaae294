// What a guest may ask for, in the thread of the test; whole callouts are in test/e2e.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { GatewayError } from '../../../../core/errors.js';
import { encodeOutcome } from '../../../../core/wasm/callout-outcome.js';
import { FilterChain } from '../../../../core/wasm/chain.js';
import type { PhaseResult } from '../../../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../../../core/wasm/instance.js';
import { CALLOUT_DONE, DECISION_CALLOUT, EDIT_CALLOUT, EDIT_SET_PATH } from '../../../../sdk/abi/abi.js';
import { TestChain } from '../../../../sdk/testing/index.js';
import { buildInline, manifestOf } from '../../../sdk/inline-filter.js';
import { runPhase } from '../../../support/phase-frame.js';
import { guestSpec, linksTo, phaseMessage } from '../../../support/phase-messages.js';
import { replyOrder } from '../../../support/puppet-orders.js';

const UPSTREAMS = ['users', 'side'];
/** Id 1 of the upstreams, 1 ms. */
const FACTS = '\x01\0\0\0\x01\0\0\0';

function calling(changes: Partial<FilterSpec> = {}): Promise<FilterSpec> {
  return guestSpec('callouts', { config: '{"upstream":"side"}', callouts: UPSTREAMS, ...changes });
}

function ask(spec: FilterSpec, outcome: Uint8Array | null = null): PhaseResult {
  const chain = new FilterChain();
  chain.load(spec);
  const message = phaseMessage('request', { 'x-callout': '/a?b=c', 'x-endless': '1', 'x-default': '1' });
  return runPhase(chain, message, linksTo(spec), outcome);
}

function outcomeOf(left: number): Uint8Array {
  const response = { status: 200, failure: CALLOUT_DONE, headers: [], body: Buffer.from('yes') };
  return encodeOutcome(response, Buffer.from('1|'), left);
}

describe('a filter that was granted an upstream', () => {
  it('stops the chain with the request it wants made, and nothing else', async () => {
    const { callout, contexts, edits, response, calls } = ask(await calling());
    assert.deepEqual(
      { ...callout, state: Buffer.from(callout!.state!).toString() },
      {
        index: 0,
        upstream: 'side',
        method: 'POST',
        target: '/a?b=c',
        headers: ['x-turn', '0'],
        body: new Uint8Array(0),
        timeoutMs: 1000,
        state: '1|',
      },
    );
    assert.deepEqual([contexts, edits.size, response, calls.length], [[], 0, null, 1]);
  });

  it('may ask again for as long as callouts are left', async () => {
    const { callout, failures } = ask(await calling(), outcomeOf(1));
    assert.equal(Buffer.from(callout!.state!).toString(), '2|200:yes');
    assert.deepEqual(failures, []);
  });

  it('fails when none are left', async () => {
    const { callout, failures } = ask(await calling({ name: 'asker' }), outcomeOf(0));
    assert.equal(callout, null);
    assert.deepEqual(failures, [
      {
        code: 'SLUICE_FILTER_CALLOUTS',
        message: 'filter asker asked for more than 8 callouts in one phase',
        index: 0,
        skipped: false,
      },
    ]);
  });
});

describe('a filter that did not ask for callouts', () => {
  it('cannot make one, whatever upstreams the configuration grants', async () => {
    const puppet = await guestSpec('puppet', { callouts: UPSTREAMS });
    const chain = new FilterChain();
    chain.load(puppet);
    const reply = replyOrder({
      decision: DECISION_CALLOUT,
      edits: [
        [EDIT_CALLOUT, 'GET', FACTS],
        [EDIT_SET_PATH, '', '/a'],
      ],
    });
    const { callout, failures } = runPhase(chain, phaseMessage('request', {}, reply), linksTo(puppet));
    assert.equal(callout, null);
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['SLUICE_ABI_FRAME'],
    );
    assert.match(failures[0]!.message, /decision: found 3, which does not exist/);
  });
});

describe('Upstream.named', () => {
  let module: Uint8Array;
  before(async () => {
    const source = `
      import { Decision, Json, next, Outcome, Request, Upstream } from 'sluice';
      export function configure(config: Json): void { Upstream.named(config.get('upstream').bytes); }
      export function onRequest(request: Request): Decision { return Upstream.named('side').call('GET', '/'); }
      export function onCallout(request: Request, outcome: Outcome): Decision { return next(); }`;
    module = await buildInline(source, manifestOf({ capabilities: ['callouts'] }));
  });

  it('finds upstreams in configure only', () => {
    const chain = new TestChain([{ module, config: { upstream: 'side' } }], {
      callouts: { side: () => ({}) },
    });
    const { failures } = chain.exchange({ target: '/' });
    assert.match(failures[0]!.message, /upstreams are named in configure only/);
  });

  it('fails the load for one that was not granted, and names both sides', () => {
    assert.throws(
      () => new TestChain([{ module, config: { upstream: 'users' } }], { callouts: { side: () => ({}) } }),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.code, 'SLUICE_FILTER_CAPABILITY');
        assert.match(error.message, /calls the upstream "users", its grants\.callouts have \["side"\]/);
        return true;
      },
    );
  });
});
