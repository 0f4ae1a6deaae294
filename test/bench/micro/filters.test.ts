import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { policyBench } from '../../../bench/filters/benches/policy.js';
import { sanitiseBench } from '../../../bench/filters/benches/sanitise.js';
import { filtersSubject } from '../../../bench/micro/filters.js';
import { builtinSpec, RuleSides } from '../../../bench/micro/rule.js';
import { policy } from '../../../bench/peers/node/policy.js';
import type { Rule } from '../../../bench/peers/node/rule.js';
import { sanitise } from '../../../bench/peers/node/sanitise.js';
import { findingsOf } from './findings.js';

const sidesOf = async (bench: typeof policyBench, rule: Rule): Promise<RuleSides> =>
  new RuleSides(bench, rule, await builtinSpec(bench.filter, bench.sluice));

describe('the bench of built-in filters in process', () => {
  it('sees that filter and JavaScript do the same before it measures them', async () => {
    const sides = await sidesOf(policyBench, policy);
    sides.check(policyBench.cases);
    const lenient = await sidesOf(policyBench, { request: () => null });
    assert.throws(() => lenient.check(policyBench.cases), /policy: a method that no rule has/);
    const reformatting: Rule = {
      response: (response) => {
        const cleaned = sanitise.response!(response);
        return { ...cleaned, body: Buffer.from(`${cleaned.body.toString()}\n`) };
      },
    };
    const other = await sidesOf(sanitiseBench, reformatting);
    assert.throws(() => other.check([sanitiseBench.measured(1024)]), /a page of users/);
  });

  it('gives both sides the same documents, which differ and are of one size', async () => {
    const rules = await sidesOf(sanitiseBench, sanitise);
    const { documents, sides } = rules.contenders(sanitiseBench.measured(1024));
    const { own, javascript } = sides;
    assert.equal(new Set(documents.map((document) => document.toString())).size, own.operations);
    assert.equal(new Set(documents.map(({ length }) => length)).size, 1);
    const answers = own.call() as { edits: { body: Uint8Array } }[];
    assert.deepEqual(
      answers.map(({ edits }) => edits.body.length),
      javascript.call(),
    );
  });

  it('finds a ratio for each filter and size', async () => {
    const { ratios, charts } = await findingsOf(filtersSubject);
    assert.equal(ratios.length, 15);
    assert.ok(ratios.some(({ id }) => id === 'micro/sanitise-10k/javascript'));
    assert.equal(charts[0]!.kind, 'bars');
  });
});
