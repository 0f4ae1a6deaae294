import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FilterChain } from '../../../core/wasm/chain.js';
import { EDIT_SECRET_HEADER } from '../../../sdk/abi/abi.js';
import { runPhase } from '../../support/phase-frame.js';
import { guestSpec, linksTo, phaseMessage } from '../../support/phase-messages.js';
import { replyOrder } from '../../support/puppet-orders.js';

describe('a filter that did not ask for secrets', () => {
  it('cannot put one into a header, whatever secrets the configuration grants', async () => {
    const puppet = await guestSpec('puppet', { secrets: [{ name: 'token', value: null }] });
    const chain = new FilterChain();
    chain.load(puppet);
    const reply = replyOrder({ edits: [[EDIT_SECRET_HEADER, 'authorization', '\0\0\0\0']] });
    const { edits, failures } = runPhase(chain, phaseMessage('request', {}, reply), linksTo(puppet));
    assert.equal(edits.size, 0);
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['SLUICE_ABI_EDIT'],
    );
    assert.match(failures[0]!.message, /secret 0 does not exist/);
  });
});
