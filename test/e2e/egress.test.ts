// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
// Upstreams and filters that give away what they were trusted with, in every way they could.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PATIENT } from '../support/callout-stage.js';
import { route, TestGateway, until } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const SECRET = 'tr0ub4dor&3/correct horse';
const SPELLINGS = {
  plain: SECRET,
  base64: Buffer.from(`user:${SECRET}!!`).toString('base64'),
  hex: Buffer.from(SECRET).toString('hex').toUpperCase(),
  form: new URLSearchParams({ key: SECRET }).toString(),
  json: JSON.stringify({ key: SECRET }).replace('/', '\\/'),
} as const;

interface Stage {
  readonly gateway: TestGateway;
  readonly reference: string;
  readonly apply: (egress: Record<string, unknown>, secretEgress?: string) => Promise<void>;
}

type Answer = (response: ServerResponse, spelled: string, asked: string) => void;

const ANSWERS: Readonly<Record<string, Answer>> = {
  header: (response, spelled) =>
    response.writeHead(200, { etag: '"1"', 'x-debug': `key ${spelled}` }).end('ok'),
  whole: (response, spelled) => response.writeHead(200, { etag: '"1"' }).end(`<${spelled}>`),
  gzip: (response, spelled) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`<${spelled}>`)),
  log: (response) => response.end(),
  asked: (response, _spelled, asked) => response.end(asked),
  odd: (response, spelled) => response.writeHead(200, { 'content-encoding': 'rot13' }).end(spelled),
  clean: (response) => response.writeHead(200, { etag: '"1"' }).end('nothing to see'),
};

async function start(test: TestContext, egress: Record<string, unknown>): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kept-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'key'), SECRET);
  writeFileSync(join(folder, 'pin'), '1234567');
  const target = await startHttpTarget(test, (request, response) => {
    const [, how = '', spelling = ''] = request.url!.split('/');
    const spelled = SPELLINGS[spelling as keyof typeof SPELLINGS];
    if (how === 'slow') {
      response.writeHead(200, { 'content-length': 6 + spelled.length });
      response.write('begun ');
      gates.push((rest) => {
        if (!rest) response.write(spelled.slice(0, 10));
        else response.end(spelled.slice(10));
      });
      return;
    }
    const { range = 'whole', 'accept-encoding': encoding } = request.headers;
    ANSWERS[how]!(response, spelled, `${range} ${encoding}`);
  });
  const reference = `secret+file://${folder}/key`;
  const config = (how: Record<string, unknown>, secretEgress = 'inherit') =>
    ({
      upstreams: {
        sample: {
          targets: [{ url: target.url }],
          headers: { 'x-key': reference, 'x-pin': `Pin \${secret+file://${folder}/pin}` },
        },
      },
      filters: { writer: { module: './log-lines.wasm', limits: PATIENT, grants: { log: true } } },
      routes: [route('all', '/*', [], { secretEgress }), route('logged', '/log/*', ['writer'])],
      secrets: { egress: how },
    }) as never;
  const gateway = await TestGateway.start(test, config(egress), ['log-lines']);
  return { gateway, reference, apply: (how, on) => gateway.apply(config(how, on)) };
}

/** Upstreams that are in the midst of their answers: the first call sends a part of the secret, the second the rest. */
const gates: ((rest: boolean) => void)[] = [];

async function caught(stage: Stage, place: string, action: string): Promise<number> {
  const labels = `secret="${stage.reference}",place="${place}",action="${action}"`;
  return stage.gateway.metric(`sluice_secret_egress_total{${labels}}`);
}

function assertKept(stage: Stage): void {
  const log = stage.gateway
    .log()
    .map((line) => JSON.stringify(line))
    .join('\n');
  for (const spelled of Object.values(SPELLINGS)) assert.ok(!log.includes(spelled), spelled);
}

describe('a secret on its way out', () => {
  it('is taken out of headers and bodies in mode redact, in every spelling', async (test) => {
    const stage = await start(test, { mode: 'redact' });
    const { gateway, reference } = stage;
    for (const spelling of Object.keys(SPELLINGS)) {
      const header = await fetch(gateway.url(`/header/${spelling}`));
      assert.match(header.headers.get('x-debug')!, /^key .*\[secret\]/, spelling);
      assert.equal(header.headers.get('etag'), '"1"', 'the body is as it was');
      assert.equal(await header.text(), 'ok');
      for (const how of ['whole', 'gzip']) {
        const answer = await fetch(gateway.url(`/${how}/${spelling}`));
        assert.equal(answer.status, 200);
        assert.deepEqual([answer.headers.get('etag'), answer.headers.get('content-encoding')], [null, null]);
        const text = await answer.text();
        assert.match(text, /^<.*\[secret\].*>$/, `${how} ${spelling}`);
        const length = answer.headers.get('content-length');
        if (length !== null) assert.equal(Number(length), text.length);
      }
    }
    const clean = await fetch(gateway.url('/clean/'));
    assert.deepEqual([clean.headers.get('etag'), await clean.text()], ['"1"', 'nothing to see']);
    const count = Object.keys(SPELLINGS).length;
    assert.equal(await caught(stage, 'header', 'redacted'), count);
    assert.equal(await caught(stage, 'body', 'redacted'), 2 * count);
    const line = await gateway.logLine(({ place }) => place === 'body');
    assert.deepEqual([line['secret'], line['action'], line['route']], [reference, 'redacted', 'all']);
    assertKept(stage);
  });

  it('withholds the response in mode block', async (test) => {
    const stage = await start(test, { mode: 'block' });
    const { gateway, reference } = stage;
    for (const spelling of Object.keys(SPELLINGS)) {
      for (const how of ['header', 'whole', 'gzip']) {
        const answer = await fetch(gateway.url(`/${how}/${spelling}`));
        assert.equal(answer.status, 502, `${how} ${spelling}`);
        const text = await answer.text();
        assert.equal((JSON.parse(text) as { code: string }).code, 'SLUICE_SECRET_EGRESS');
        assert.ok(!text.includes(reference), 'the client learns no reference');
        assert.equal(answer.headers.get('x-debug'), null);
      }
    }
    const clean = await fetch(gateway.url('/clean/'));
    assert.deepEqual([clean.headers.get('etag'), await clean.text()], ['"1"', 'nothing to see']);
    const line = await gateway.logLine(({ error }) => error === 'SLUICE_SECRET_EGRESS');
    assert.equal(line['reason'], `the header x-debug of the response has the secret ${reference} in it`);
    assert.equal(await caught(stage, 'body', 'blocked'), 2 * Object.keys(SPELLINGS).length);
    assertKept(stage);
  });

  it('cuts the connection in mode block when the head has left, and is cut out in mode redact', async (test) => {
    const stage = await start(test, { mode: 'block' });
    const read = async (): Promise<string> => {
      const answer = await fetch(stage.gateway.url('/slow/plain'));
      assert.equal(answer.status, 200);
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = (await reader.read()).value!;
      const gate = gates.pop()!;
      gate(false);
      gate(true);
      try {
        for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
        return `${text} $`;
      } catch {
        return text;
      }
    };
    assert.equal(await read(), 'begun ');
    await stage.gateway.logLine(({ error }) => error === 'SLUICE_SECRET_EGRESS');
    await stage.apply({ mode: 'redact' });
    assert.equal(await read(), 'begun [secret] $');
    assertKept(stage);
  });

  it('is looked for in what upstreams are asked for whole and plain, and in nothing that cannot be read', async (test) => {
    const stage = await start(test, { mode: 'redact' });
    const headers = { range: 'bytes=0-3', 'accept-encoding': 'gzip, br' };
    const asked = async () => (await fetch(stage.gateway.url('/asked/'), { headers })).text();
    assert.equal(await asked(), 'whole identity');
    const odd = await fetch(stage.gateway.url('/odd/plain'));
    assert.equal(((await odd.json()) as { code: string }).code, 'SLUICE_FILTER_RESPONSE_ENCODED');
    await stage.apply({ mode: 'redact', bodies: false });
    assert.match(await asked(), /^bytes=0-3 gzip, br/);
    assert.equal(await (await fetch(stage.gateway.url('/whole/plain'))).text(), `<${SECRET}>`);
    const header = await fetch(stage.gateway.url('/header/plain'));
    assert.equal(header.headers.get('x-debug'), 'key [secret]');
  });

  it('is let go where its route says so, and stopped where only its route does', async (test) => {
    const stage = await start(test, { mode: 'block' });
    await stage.apply({ mode: 'block' }, 'off');
    assert.equal(await (await fetch(stage.gateway.url('/whole/plain'))).text(), `<${SECRET}>`);
    await stage.apply({}, 'redact');
    assert.equal(await (await fetch(stage.gateway.url('/whole/plain'))).text(), '<[secret]>');
    await stage.apply({});
    assert.equal(await (await fetch(stage.gateway.url('/whole/plain'))).text(), `<${SECRET}>`);
  });

  it('is taken out of log lines of filters and of the access log, in either mode', async (test) => {
    const stage = await start(test, { mode: 'block' });
    const { gateway, reference } = stage;
    await fetch(gateway.url(`/log/${SPELLINGS.hex}`)).catch(() => {});
    await gateway.logLine(({ filter, msg }) => filter === 'writer' && msg === `/log/[${reference}]`);
    await gateway.logLine(({ path, msg }) => msg === 'exchange' && path === `/log/[${reference}]`);
    await until(async () => (await caught(stage, 'log', 'redacted')) >= 2);
    assertKept(stage);
    await stage.apply({ mode: 'block', logs: false });
    await fetch(gateway.url(`/log/${SPELLINGS.hex}`)).catch(() => {});
    await gateway.logLine(({ path }) => path === `/log/${SPELLINGS.hex}`);
  });

  it('of less than 8 bytes is not looked for, and the log says so', async (test) => {
    const { gateway } = await start(test, { mode: 'redact' });
    const line = await gateway.logLine(({ msg }) => /less than 8 bytes/.test(String(msg)));
    assert.match(String(line['secret']), /^secret\+file:\/\/.*\/pin$/);
  });
});
