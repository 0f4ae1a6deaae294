import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Balancer, buildBalancer, LeastRequests, RoundRobin } from '../../../core/upstream/balancer.js';

interface Peer {
  name: string;
  weight: number;
  active: number;
  available: boolean;
}

function peers(...weights: number[]): Peer[] {
  return weights.map((weight, i) => ({ name: 'abcdef'[i]!, weight, active: 0, available: true }));
}

function take(balancer: Balancer<Peer>, turns: number): string {
  return Array.from({ length: turns }, () => balancer.choose()?.name ?? '-').join('');
}

describe('RoundRobin', () => {
  it('spreads a heavy weight smoothly', () => {
    assert.equal(take(new RoundRobin(peers(5, 1, 1)), 14), 'aabacaaaabacaa');
  });

  it('keeps the shares of the weights exactly over each full turn', () => {
    const balancer = new RoundRobin(peers(3, 1));
    for (let i = 0; i < 25; i++)
      assert.equal([...take(balancer, 4)].filter((name) => name === 'a').length, 3);
  });

  it('passes over what is not available, and shares its turns by weight', () => {
    const [a, b, c] = peers(2, 1, 1);
    const balancer = new RoundRobin([a!, b!, c!]);
    a!.available = false;
    assert.equal(take(balancer, 4), 'bcbc');
    a!.available = true;
    assert.equal([...take(balancer, 40)].filter((name) => name === 'a').length, 20);
  });

  it('does not choose what was tried, and has no answer when nothing is left', () => {
    const [a, b] = peers(1, 1);
    const balancer = new RoundRobin([a!, b!]);
    assert.equal(balancer.choose([a!]), b);
    assert.equal(balancer.choose([b!]), a);
    assert.equal(balancer.choose([a!, b!]), null);
    b!.available = false;
    assert.equal(balancer.choose([a!]), null);
    assert.equal(new RoundRobin([]).choose(), null);
  });
});

describe('LeastRequests', () => {
  it('chooses the fewest requests per weight', () => {
    const [a, b] = peers(4, 1);
    const balancer = new LeastRequests([a!, b!]);
    a!.active = 4;
    b!.active = 2;
    assert.equal(balancer.choose(), a);
    a!.active = 9;
    assert.equal(balancer.choose(), b);
  });

  it('lets the equally loaded take turns', () => {
    assert.equal(take(new LeastRequests(peers(1, 1, 1)), 6), 'abcabc');
  });

  it('fills targets in proportion to their weights', () => {
    const all = peers(3, 1);
    const balancer = new LeastRequests(all);
    for (let i = 0; i < 40; i++) balancer.choose()!.active++;
    assert.deepEqual(
      all.map((peer) => peer.active),
      [30, 10],
    );
  });

  it('passes over what is not available or was tried', () => {
    const [a, b, c] = peers(1, 1, 1);
    const balancer = new LeastRequests([a!, b!, c!]);
    b!.active = 5;
    a!.available = false;
    assert.equal(balancer.choose([c!]), b);
    assert.equal(balancer.choose([b!, c!]), null);
  });
});

describe('buildBalancer', () => {
  it('builds what the option names', () => {
    assert.ok(buildBalancer('round-robin', peers(1)) instanceof RoundRobin);
    assert.ok(buildBalancer('least-requests', peers(1)) instanceof LeastRequests);
  });
});
