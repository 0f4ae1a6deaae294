// In a process of its own, as node:test gives every file one: what is counted is its threads.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validateApart } from '../../../core/config/document-validator.js';
import { until } from '../../support/gateway.js';

const ROUTES = 1000;
const OPTIONS = { folder: '/', findSecrets: () => [] };

const text = JSON.stringify({
  listeners: [{ name: 'public', address: '127.0.0.1:0' }],
  upstreams: { users: { targets: [{ url: 'http://127.0.0.1:9001' }] } },
  routes: Array.from({ length: ROUTES }, (_, index) => ({
    id: `r${index}`,
    match: { path: `/r${index}`, methods: ['GET'] },
    upstream: 'users',
  })),
});

async function validate(): Promise<void> {
  const { config } = await validateApart({ text, value: null }, 'sluice.json', OPTIONS);
  assert.equal(config.routes.length, ROUTES);
}

describe('threads that validate', () => {
  it('are started when they are needed, and ahead from the second document on', async () => {
    let started = 0;
    process.on('worker', () => {
      started += 1;
    });
    await validate();
    await validate();
    assert.equal(started, 2);

    await until(() => started === 3);
    await validate();
    assert.equal(started, 3);

    // One is there and the other is started; what waits afterwards keeps this process from no end.
    await until(() => started === 4);
    await Promise.all([validate(), validate()]);
    assert.equal(started, 5);
  });
});
