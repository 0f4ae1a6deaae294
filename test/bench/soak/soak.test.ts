import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { descendants } from '../../../bench/harness/descendants.js';
import { MIX, orderOf } from '../../../bench/soak/mix.js';
import { revisionOf } from '../../../bench/soak/revisions.js';
import { soakSuite } from '../../../bench/soak/suite.js';
import { errorsOf } from '../../core/config/validating.js';
import { assertWellFormed } from '../support/well-formed.js';

const PLACES = { port: 8080, adminPort: 8081, upstreamPort: 8082 };

describe('the suite soak', () => {
  it('mixes requests as their weights say, and spreads each kind evenly', () => {
    const order = orderOf(MIX.map(({ weight }) => weight));
    assert.equal(order.length, 100);
    for (const [index, { name, weight }] of MIX.entries()) {
      const places = [...order, ...order].flatMap((each, at) => (each === index ? [at] : []));
      assert.equal(places.length, 2 * weight, name);
      const gaps = places.slice(1).map((place, at) => place - places[at]!);
      assert.ok(Math.max(...gaps) <= 2 * (100 / weight), `${name}: ${gaps}`);
    }
  });

  it('has revisions that a gateway takes, none of them like the one before', () => {
    const texts = [1, 2, 3].map((number) => revisionOf(PLACES, number));
    for (const text of texts) assert.deepEqual(errorsOf(text), []);
    assert.equal(new Set(texts).size, texts.length);
  });

  it('tells of a gateway under load, and ends what it started', async () => {
    const before = descendants();
    const steps: string[] = [];
    const findings = await soakSuite.run({
      ...{ quick: true, offline: true, minutes: 8 / 60 },
      progress: (_, total, step) => steps.push(`${total} ${step}`),
    });
    assertWellFormed('soak', findings);
    const requests = findings.tables.find(({ title }) => title === 'Requests')!;
    for (const { name, cells } of requests.rows) assert.ok((cells[0] as number) > 0, `${name} was asked`);
    assert.equal(findings.notes[0], 'No request failed.');
    assert.match(findings.notes[1]!, /^\d+ revisions took over meanwhile, and 0 were refused/);
    assert.match(steps[0]!, /^8 \d+ requests\/s, \d+ MiB$/);
    assert.deepEqual(descendants(), before);
  });
});
