import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { disagreements } from '../../bench/filters/agreement.js';
import { policyBench } from '../../bench/filters/benches/policy.js';
import {
  BODY_BYTES,
  type Case,
  type FilterBench,
  SIDES,
  type Side,
} from '../../bench/filters/filter-bench.js';
import { type Cost, costOf, nextTo } from '../../bench/filters/measure.js';
import type { Row } from '../../bench/filters/table.js';
import { fill, pageOf } from '../../bench/harness/documents.js';
import type { LoadResult } from '../../bench/harness/load.js';
import type { Subject } from '../../bench/harness/processes.js';
import { findTool } from '../../bench/harness/tools.js';

const FILTERS = ['policy', 'validate', 'sanitise', 'url-guard', 'graphql'];
/** What nginx with Lua cannot say. */
const UNABLE = ['url-guard', 'graphql'];
const MAIN = fileURLToPath(new URL('../../bench/filters/main.js', import.meta.url));

describe('the bench of filters', () => {
  it('prints every row, of sides that were seen to do the same, and writes them as JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
    const file = join(folder, 'report.json');
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [
        MAIN,
        '--quick',
        '--json',
        file,
      ]);
      const report = JSON.parse(readFileSync(file, 'utf8')) as { suite: string; rows: Row[] };
      assert.equal(report.suite, 'filters');
      const isNginxThere = findTool('nginx-lua') !== null;
      const wanted = FILTERS.flatMap((filter) => BODY_BYTES.map((bytes) => ({ filter, bytes })));
      assert.deepEqual(
        report.rows.map(({ filter, bytes }) => ({ filter, bytes })),
        wanted,
        stderr,
      );
      for (const { filter, bytes, costs } of report.rows) {
        assert.ok(stdout.includes(`${filter}, ${bytes / 1024} KB`), stdout);
        assert.deepEqual(Object.keys(costs), SIDES);
        assert.ok(costs.sluice !== null);
        assert.ok(costs.javascript !== null);
        assert.equal(costs['nginx-lua'] !== null, isNginxThere && !UNABLE.includes(filter));
        for (const cost of Object.values(costs)) if (cost !== null) assert.ok(cost.withUs.median > 0);
      }
      for (const filter of UNABLE)
        assert.match(stdout, new RegExp(`^${filter}, nginx-lua: Lua has no `, 'm'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('makes documents of exactly the size that it states', () => {
    for (const bytes of BODY_BYTES) {
      assert.equal(Buffer.byteLength(JSON.stringify(pageOf(bytes))), bytes);
      assert.equal(
        Buffer.byteLength(JSON.stringify(pageOf(bytes, { callback: 'https://a.example/' }))),
        bytes,
      );
    }
    assert.throws(() => fill(3, (note) => note.padEnd(9)), RangeError);
  });

  it('takes what a rule costs from runs in turn, and compares sides round by round', () => {
    const run = (cpuUs: number): LoadResult => ({
      ...{ requests: 1, failed: 0, perSecond: 1000, p50Ms: 1, p99Ms: 1, p999Ms: 1 },
      cpuUs,
    });
    const cost = (...pairs: [without: number, ruled: number][]): Cost =>
      costOf({ without: pairs.map(([us]) => run(us)), with: pairs.map(([, us]) => run(us)) });
    // The machine was ten times as slow in the second round.
    const own = cost([20, 30], [200, 300], [20, 32]);
    const peer = cost([10, 30], [100, 300], [10, 34]);
    assert.deepEqual(own.ruleUs, { median: 12, least: 10, most: 100 });
    assert.equal(own.ratio.median, 1.5);
    assert.deepEqual(nextTo(own, peer), { median: 0.5, least: 0.5, most: 0.5 });
    assert.equal(
      nextTo(own, cost([10, 30], [100, 99], [10, 34])),
      null,
      'a round of the peer had only noise',
    );
    assert.equal(nextTo(cost([20, 20]), cost([10, 30])), null);
  });
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A side that answers like this. */
async function startSide(handler: Handler): Promise<Subject> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => handler(request, response, body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { name: 'side', scheme: 'http', port: (server.address() as AddressInfo).port, pids: [], stop };
}

describe('the agreement of sides', () => {
  const bench: FilterBench = { ...policyBench, cases: [] };
  const request = { method: 'POST', path: '/', headers: {}, body: '{"a":1}' };
  const caseOf = (expected: Case['expected']): Case => ({ name: 'it', request, expected });
  const echo: Handler = (_, response, body) => void response.end(body);
  const refuse: Handler = (_, response) => void response.writeHead(403).end();
  const answer =
    (body: string, headers: Record<string, string> = { 'x-content-type-options': 'nosniff' }): Handler =>
    (_, response) =>
      void response.writeHead(200, headers).end(body);
  const started: Subject[] = [];
  after(async () => {
    for (const side of started) await side.stop();
  });

  const faults = async (
    expected: Case['expected'],
    handlers: Partial<Record<Side, Handler>>,
  ): Promise<string[]> => {
    const sides = new Map<Side, Subject>();
    for (const [side, handler] of Object.entries(handlers)) {
      const subject = await startSide(handler);
      started.push(subject);
      sides.set(side as Side, subject);
    }
    return disagreements(bench, [caseOf(expected)], sides);
  };

  it('is there when all sides do what is expected', async () => {
    const passes = { kind: 'passes' } as const;
    assert.deepEqual(await faults(passes, { sluice: echo, javascript: echo, 'nginx-lua': echo }), []);
    const refused = { kind: 'refused' } as const;
    assert.deepEqual(await faults(refused, { sluice: refuse, javascript: refuse }), []);
    const cleaned = { kind: 'cleaned', document: { a: 1, b: 2 } } as const;
    assert.deepEqual(
      await faults(cleaned, {
        sluice: answer('{"a":1,"b":2}'),
        javascript: answer('{"a":1,"b":2}'),
        'nginx-lua': answer('{"b":2,"a":1}'),
      }),
      [],
    );
  });

  it('names the side that lets through or refuses what the others do not', async () => {
    assert.deepEqual(await faults({ kind: 'passes' }, { sluice: echo, 'nginx-lua': refuse }), [
      'policy, nginx-lua: it is answered with 403',
    ]);
    assert.deepEqual(await faults({ kind: 'refused' }, { sluice: refuse, javascript: echo }), [
      'policy, javascript: it is answered with 200',
    ]);
  });

  it('takes a side that fails for one that does not refuse', async () => {
    const fail: Handler = (_, response) => void response.writeHead(503).end();
    assert.deepEqual(await faults({ kind: 'refused' }, { sluice: fail }), [
      'policy, sluice: it is answered with 503',
    ]);
  });

  it('sees a body that changes on its way, a document that is another, and what should be hidden', async () => {
    assert.deepEqual(await faults({ kind: 'passes' }, { javascript: answer('{"a": 1}') }), [
      'policy, javascript: it reaches the upstream with another body',
    ]);
    const cleaned = { kind: 'cleaned', document: { a: 1 } } as const;
    assert.deepEqual(await faults(cleaned, { 'nginx-lua': answer('{"a":2}') }), [
      'policy, nginx-lua: it comes to another document',
    ]);
    assert.deepEqual(await faults(cleaned, { 'nginx-lua': answer('{"a":1}', {}) }), [
      'policy, nginx-lua: it lacks x-content-type-options',
    ]);
    assert.deepEqual(await faults({ kind: 'hidden', text: 'secret' }, { sluice: answer('a secret') }), [
      'policy, sluice: it shows what should be hidden',
    ]);
  });

  it('asks the gateway and JavaScript for the same bytes', async () => {
    const cleaned = { kind: 'cleaned', document: { a: 1 } } as const;
    assert.deepEqual(await faults(cleaned, { sluice: answer('{"a":1}'), javascript: answer('{ "a": 1 }') }), [
      'policy: it comes to other bytes in the gateway than in JavaScript',
    ]);
  });
});
