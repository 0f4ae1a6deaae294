// `sluice import openapi` on specifications of real services: what they document passes, and nothing else. It fetches
// packages from the npm registry, so it runs only when it is asked for (`npm run test:specs`).
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { formatFinding } from '../../core/cli/openapi/findings.js';
import { type ImportOptions, importOpenApi } from '../../core/cli/openapi/import-openapi.js';
import { parsePlainDocument, writeYaml } from '../../core/config/yaml/plain-document.js';
import { type SpecRequest, shuffled } from '../core/cli/openapi/spec-generator.js';
import { type TestConfig, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';
import type { Json } from './spec-oracle.js';
import { readSpec, SPEC_PACKAGES } from './spec-packages.js';
import { casesOf, type ResponseCase, type SpecCase } from './spec-requests.js';

const LANES = 8;
const OPTIONS: ImportOptions = {
  upstream: 'http://127.0.0.1:9',
  listen: '127.0.0.1:0',
  admin: null,
  host: null,
  basePath: '',
  strict: false,
  responses: false,
};

async function startGateway(test: TestContext, config: unknown, url: string): Promise<TestGateway> {
  const imported = config as TestConfig & { filters: { validate: Json } };
  return TestGateway.start(test, {
    ...imported,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: { api: { targets: [{ url }] } },
    // A busy machine may leave a thread waiting for longer than the default.
    filters: {
      validate: { ...imported.filters.validate, limits: { memoryMb: 64, deadlineMs: 10_000 } },
    },
    workers: { ...imported.workers, count: 1, spare: 0, startMs: 600_000 },
    log: { access: false },
  });
}

/** Runs all of them, some at a time. */
async function each<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await run(next);
    }),
  );
}

function ask(
  gateway: TestGateway,
  { method, target, headers, body }: SpecRequest,
  more: Record<string, string> = {},
) {
  return fetch(gateway.url(target), {
    method,
    headers: { ...headers, ...more },
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
}

for (const source of SPEC_PACKAGES) {
  describe(`${source.name} ${source.version}`, { timeout: 1_800_000 }, () => {
    const text = readSpec(source);
    const root = parsePlainDocument(text) as Json;
    const { operations, cases, responses, unasked } = casesOf(root);

    it('is imported in the same way whatever the order of its members', (test) => {
      const first = importOpenApi(text, OPTIONS);
      const again = importOpenApi(JSON.stringify(shuffled(root, 7)), OPTIONS);
      assert.ok(writeYaml(first.config, '') === writeYaml(again.config, ''), 'the configurations differ');
      assert.deepEqual(again.findings, first.findings);
      const left = first.findings.filter(({ effect }) => effect === 'left-out');
      test.diagnostic(`${first.operations} of ${operations} operations, ${first.findings.length} findings`);
      for (const finding of left) test.diagnostic(formatFinding(finding));
    });

    it('lets what is documented through and refuses every mutation of it', async (test) => {
      const startedMs = performance.now();
      let asked = 0;
      const target = await startHttpTarget(test, (request, response) => {
        asked += 1;
        request.resume();
        request.on('end', () => response.end('ok'));
      });
      const gateway = await startGateway(test, importOpenApi(text, OPTIONS).config, target.url);
      const loadedMs = performance.now();
      const wrong: string[] = [];
      await each(cases, async ({ name, request, fits }: SpecCase) => {
        const response = await ask(gateway, request);
        const answer = await response.text();
        const refused = response.status >= 400 && response.status < 500;
        if (fits ? response.status !== 200 : !refused)
          wrong.push(
            `${name} (${fits ? 'fits' : 'does not'}): ${response.status} ${request.target} ${answer}`,
          );
      });
      const count = (kind: string, fits: boolean): number =>
        cases.filter((one) => one.kind === kind && one.fits === fits).length;
      test.diagnostic(
        `${operations - unasked.length} of ${operations} operations asked, ${count('request', true)} minimal requests, ` +
          `${count('example', true)} examples pass, ${count('example', false)} contradict their schema and are refused, ` +
          `${count('mutation', false)} mutations refused`,
      );
      test.diagnostic(
        `${((loadedMs - startedMs) / 1000).toFixed(1)} s to load, ` +
          `${((performance.now() - loadedMs) / 1000).toFixed(1)} s for ${cases.length} requests`,
      );
      assert.deepEqual(wrong.slice(0, 40), []);
      assert.equal(asked, cases.filter(({ fits }) => fits).length, 'no mutation reached the API');
    });

    it('lets documented responses through and replaces every other', async (test) => {
      const target = await startHttpTarget(test, (request, response) => {
        const { status, type, body } = responses[Number(request.headers['x-case'])]!;
        request.resume();
        response.writeHead(status, { 'content-type': type }).end(body);
      });
      const { config } = importOpenApi(text, { ...OPTIONS, responses: true });
      const gateway = await startGateway(test, config, target.url);
      const wrong: string[] = [];
      await each([...responses.entries()], async ([index, one]: [number, ResponseCase]) => {
        const response = await ask(gateway, one.request, { 'x-case': String(index) });
        const answer = await response.text();
        const passed = response.status === one.status && answer === one.body;
        if (one.fits ? !passed : response.status !== 502)
          wrong.push(
            `${one.name} (${one.fits ? 'fits' : 'does not'}): ${response.status} ${answer.slice(0, 300)}`,
          );
      });
      const fitting = responses.filter(({ fits }) => fits).length;
      test.diagnostic(
        `${fitting} examples pass, ${responses.length - fitting} contradict their schema and are replaced`,
      );
      assert.deepEqual(wrong.slice(0, 40), []);
    });
  });
}
