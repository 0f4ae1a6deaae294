import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requests } from '../../../bench/micro/exchange.js';
import { bareCalls, chainCalls, guestCallsSubject } from '../../../bench/micro/guest-calls.js';
import { guestSpec, phaseMessage } from '../../support/phase-messages.js';
import { findingsOf } from './findings.js';

describe('the bench of calls', () => {
  it('calls every filter of a chain for every message', async () => {
    const messages = requests(null);
    const specs = await Promise.all([guestSpec('two-headers'), guestSpec('two-headers')]);
    const chain = chainCalls(specs, messages);
    assert.equal(chain.operations, messages.length);
    assert.equal(chain.call(), messages.length * specs.length);
    // A guest that has nothing to say answers 0; that of a refusal would be an address.
    assert.equal(bareCalls(specs[0]!, messages).call(), 0);
  });

  it('measures no filter that does not let everything through', async () => {
    const spec = await guestSpec('two-headers');
    assert.throws(() => chainCalls([spec], [phaseMessage('request')]), assert.AssertionError);
    const failing = await guestSpec('trap');
    assert.throws(() => chainCalls([failing], requests(null)), assert.AssertionError);
  });

  it('finds what each further filter takes, and says whether that is within the target', async () => {
    const { tables, charts, ratios, notes } = await findingsOf(guestCallsSubject);
    assert.deepEqual(
      tables[0]!.rows.map(({ name }) => name),
      ['bare', 'in a chain', 'in a chain of 2', 'in a chain of 4', 'in a chain of 8', 'in a chain of 16'],
    );
    assert.equal(charts.length, 1);
    assert.equal(ratios[0]!.id, 'micro/further-filter/bare-call');
    assert.match(
      notes[0]!,
      /each further filter of a chain takes -?[\d.]+ µs \(target: at most 1\.5, (met|missed)\)/,
    );
  });
});
