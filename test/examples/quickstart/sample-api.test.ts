import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type SampleApi, startSampleApi } from '../../../examples/quickstart/sample-api.js';

describe('the sample API, which leaks on purpose,', () => {
  let api: SampleApi;
  before(async () => {
    api = await startSampleApi(0);
  });
  after(() => api.close());

  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${api.port}${path}`, init);
  const post = (path: string, body: string): Promise<Response> => ask(path, { method: 'POST', body });

  it('answers about 1 KB for a user, with hash and card', async () => {
    const text = await (await ask('/users/1')).text();
    assert.ok(text.length > 900 && text.length < 1500, `${text.length} characters`);
    assert.match(text, /"passwordHash":"\$2b\$12\$.+"cvv":"\d{3}"/);
  });

  it('shows its banners on every response', async () => {
    for (const path of ['/users', '/nowhere', '/broken']) {
      const response = await ask(path);
      assert.equal(response.headers.get('server'), 'Apache/2.4.41 (Ubuntu)');
      assert.equal(response.headers.get('x-powered-by'), 'Express/4.16.1');
      await response.arrayBuffer();
    }
  });

  it('pages through its users', async () => {
    const answer = await ask('/users?page=2&limit=1');
    const { users, total } = (await answer.json()) as { users: { id: number }[]; total: number };
    assert.equal(total, 3);
    assert.deepEqual(
      users.map((user) => user.id),
      [2],
    );
  });

  it('creates whatever it is given and deletes for anybody', async () => {
    const created = await post('/users', '{"name":"Mallory","role":"admin"}');
    assert.equal(created.status, 201);
    const user = (await created.json()) as { id: number; role: string };
    assert.equal(user.role, 'admin');
    assert.deepEqual(await (await ask(`/users/${user.id}`, { method: 'DELETE' })).json(), { deleted: true });
    assert.equal((await ask(`/users/${user.id}`)).status, 404);
  });

  it('exports everything on an open admin path', async () => {
    assert.match(await (await ask('/admin/users/export')).text(), /passwordHash/);
  });

  it('says which URL a webhook would call, and calls none', async () => {
    const answer = await (await post('/webhooks', '{"url":"http://169.254.169.254/"}')).json();
    assert.deepEqual(answer, { wouldCall: 'http://169.254.169.254/' });
  });

  it('explains its errors to strangers', async () => {
    const response = await ask('/broken');
    assert.equal(response.status, 500);
    const { stack, sql } = (await response.json()) as { stack: string[]; sql: string };
    assert.match(stack.join('\n'), /sample-api/);
    assert.match(sql, /^SELECT/);
  });

  it('goes on after a body that is not JSON', async () => {
    assert.equal((await post('/users', '{')).status, 400);
    assert.equal((await ask('/users/1')).status, 200);
  });
});
