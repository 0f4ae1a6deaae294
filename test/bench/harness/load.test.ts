import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Autocannon } from '../../../bench/harness/autocannon.js';
import type { LoadGenerator, LoadPlan } from '../../../bench/harness/load.js';
import type { Subject } from '../../../bench/harness/processes.js';
import { findTool } from '../../../bench/harness/tools.js';
import { Wrk } from '../../../bench/harness/wrk.js';

const wrk = findTool('wrk');
const GENERATORS: readonly LoadGenerator[] = [...(wrk === null ? [] : [new Wrk(wrk)]), new Autocannon()];

describe('load', () => {
  const seen = {
    requests: 0,
    bodies: new Set<string>(),
    types: new Set<string>(),
    methods: new Set<string>(),
    paths: new Set<string>(),
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      seen.requests += 1;
      seen.bodies.add(body);
      seen.methods.add(request.method!);
      seen.paths.add(request.url!);
      seen.types.add(request.headers['content-type'] ?? '');
      response.writeHead(request.url === '/no' ? 403 : 200).end('{}');
    });
  });
  let subject: Subject;

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    subject = { name: 'server', scheme: 'http', port, pids: [process.pid], stop: async () => {} };
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const planOf = (path: string, more: Partial<LoadPlan> = {}): LoadPlan => ({
    request: { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: '{"a":[1]}' },
    ...{ connections: 2, seconds: 0.3, pauseMs: 0, isRefused: false },
    ...more,
  });

  for (const generator of GENERATORS) {
    it(`by ${generator.name} sends what it is told, and counts what came of it`, async () => {
      Object.assign(seen, { requests: 0, bodies: new Set(), types: new Set(), methods: new Set() });
      const result = await generator.load(subject, planOf('/'));
      assert.ok(result.requests > 0 && result.requests <= seen.requests);
      assert.equal(result.failed, 0);
      assert.ok(result.cpuUs > 0);
      assert.ok(result.p50Ms <= result.p99Ms && result.p99Ms <= result.p999Ms);
      assert.deepEqual([...seen.bodies], ['{"a":[1]}']);
      assert.deepEqual([...seen.methods], ['POST']);
      assert.deepEqual([...seen.types], ['application/json']);
    });

    it(`by ${generator.name} takes refusals for failures, unless they are what is wanted`, async () => {
      const refused = await generator.load(subject, planOf('/no'));
      assert.equal(refused.failed, refused.requests);
      assert.equal((await generator.load(subject, planOf('/no', { isRefused: true }))).failed, 0);
      const letIn = await generator.load(subject, planOf('/', { isRefused: true }));
      assert.equal(letIn.failed, letIn.requests);
    });

    it(`by ${generator.name} goes to several paths in turn`, async () => {
      seen.paths.clear();
      const paths = ['/users/1', '/users/2?page=1', '/users/3'];
      const result = await generator.load(subject, planOf('/', { paths }));
      assert.equal(result.failed, 0);
      assert.deepEqual([...seen.paths].sort(), paths);
    });

    it(`by ${generator.name} rests between an answer and the next request when it is told to`, async () => {
      const { requests } = await generator.load(subject, planOf('/', { pauseMs: 100, seconds: 1 }));
      // Two connections that rest for 100 ms on average ask 20 times in a second; a busy machine makes that fewer.
      assert.ok(requests > 0 && requests < 60, `${requests} requests`);
    });
  }
});
