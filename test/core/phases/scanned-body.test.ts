import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EgressGuard } from '../../../core/egress.js';
import { GatewayError } from '../../../core/errors.js';
import type { Body, BodyConsumer } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import { type ScanListener, ScannedBody, ScannedTrailers } from '../../../core/phases/scanned-body.js';
import { SecretScanner } from '../../../core/secrets/secret-scanner.js';
import { HandBody } from '../../support/raw-body.js';

const SECRET = 'correct-horse';

class Taker implements BodyConsumer {
  text = '';
  ended = false;
  trailers: readonly string[] | null = null;
  failed: GatewayError | null = null;
  onChunk = (): void => {};

  chunk(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1');
    this.onChunk();
  }

  end(trailers?: HeaderList): void {
    this.ended = true;
    this.trailers = trailers?.flat ?? null;
  }

  fail(error: GatewayError): void {
    this.failed = error;
  }
}

interface Stage {
  readonly source: HandBody;
  readonly body: ScannedBody;
  readonly taker: Taker;
  readonly broken: GatewayError[];
  readonly send: (text: string) => void;
}

function stage(mode: 'redact' | 'block'): Stage {
  const source = new HandBody(100);
  const scanner = new SecretScanner(new Map([['secret://s', SECRET]]));
  const broken: GatewayError[] = [];
  const guard = { scanner, mode, headers: true, bodies: true };
  const body = new ScannedBody(source, guard, { found: () => {}, broken: (error) => broken.push(error) });
  const send = (text: string): void => source.consumer!.chunk(Buffer.from(text));
  return { source, body, taker: new Taker(), broken, send };
}

describe('a body that is looked at', () => {
  it('is let go as it comes, without the secret, and its end comes after the rest', async () => {
    const { source, body, taker, send } = stage('redact');
    const first = body.first();
    send('corr');
    send('idor ');
    await first;
    assert.ok(source.paused, 'nobody reads yet');
    body.read(taker);
    assert.ok(!source.paused);
    assert.equal(taker.text, 'corridor ');
    send(`${SECRET}, corr`);
    assert.equal(taker.text, 'corridor [secret], ');
    source.consumer!.end();
    assert.equal(taker.text, 'corridor [secret], corr');
    assert.ok(taker.ended);
  });

  it('has the length of its source only when it leaves as it is', () => {
    assert.equal(stage('block').body.length, 100);
    assert.equal(stage('redact').body.length, null);
  });

  it('is withheld with its first bytes, wherever they are cut', async () => {
    for (let cut = 1; cut <= SECRET.length; cut += 1) {
      const { source, body, broken, send } = stage('block');
      const first = body.first();
      send(SECRET.slice(0, cut));
      send(SECRET.slice(cut));
      await assert.rejects(first, { code: 'SLUICE_SECRET_EGRESS', message: /secret:\/\/s/ });
      assert.equal(source.cancelled, broken[0]);
      assert.equal(broken.length, 1);
    }
  });

  it('fails before the secret when other bytes have gone, wherever it is cut', async () => {
    for (let cut = 0; cut <= SECRET.length; cut += 1) {
      const { source, body, taker, send } = stage('block');
      const first = body.first();
      send(`gone ${SECRET.slice(0, cut)}`);
      if (cut === SECRET.length) {
        await assert.rejects(first, { code: 'SLUICE_SECRET_EGRESS' });
        continue;
      }
      await first;
      body.read(taker);
      send(`${SECRET.slice(cut)} more`);
      assert.equal(taker.text, 'gone ');
      assert.equal(taker.failed?.code, 'SLUICE_SECRET_EGRESS');
      assert.equal(source.cancelled, taker.failed);
      assert.ok(!taker.ended);
    }
  });

  it('is held up by a reader that is full, its end too', async () => {
    const { source, body, taker, send } = stage('redact');
    taker.onChunk = () => body.pause();
    const first = body.first();
    send('one corr');
    await first;
    body.read(taker);
    assert.deepEqual([taker.text, source.paused], ['one ', true]);
    body.resume();
    assert.ok(!source.paused);
    send('upt cor');
    assert.equal(taker.text, 'one corrupt ');
    source.consumer!.end();
    assert.deepEqual([taker.text, taker.ended], ['one corrupt ', false]);
    body.resume();
    assert.equal(taker.text, 'one corrupt cor');
    assert.ok(!taker.ended);
    body.resume();
    assert.ok(taker.ended);
  });

  it('that is empty, fails or is cancelled ends the wait for its first bytes', async () => {
    const empty = stage('redact');
    const ended = empty.body.first();
    empty.source.consumer!.end();
    await ended;
    empty.body.read(empty.taker);
    assert.ok(empty.taker.ended);

    const error = new GatewayError('SLUICE_UPSTREAM_CUT', 'gone');
    const failing = stage('redact');
    const failed = failing.body.first();
    failing.source.consumer!.fail(error);
    await assert.rejects(failed, error);
    failing.body.read(failing.taker);
    assert.equal(failing.taker.failed, error);

    const left = stage('redact');
    const cancelled = left.body.first();
    left.body.cancel(error);
    await assert.rejects(cancelled, error);
    assert.equal(left.source.cancelled, error);
    left.send('nobody hears this');
    assert.equal(left.taker.text, '');
  });
});

describe('fields after a body', () => {
  const kinds: Record<string, (source: HandBody, mode: 'redact' | 'block', listener: ScanListener) => Body> =
    {
      'that is looked at': (source, mode, listener) => new ScannedBody(source, guardOf(mode), listener),
      'that is not': (source, mode, listener) => new ScannedTrailers(source, guardOf(mode), listener),
    };
  for (const [which, build] of Object.entries(kinds)) {
    for (const mode of ['redact', 'block'] as const) {
      it(`${which} give no secret away in mode ${mode}`, () => {
        const found: string[] = [];
        const broken: GatewayError[] = [];
        const source = new HandBody(null);
        const body = build(source, mode, {
          found: (secret) => found.push(secret),
          broken: (error) => broken.push(error),
        });
        const taker = new Taker();
        body.read(taker);
        source.consumer!.chunk(Buffer.from('clean'));
        source.consumer!.end(new HeaderList(['grpc-status', '2', 'grpc-message', `no key ${SECRET}`]));
        assert.deepEqual(found, ['secret://s']);
        assert.equal(taker.text, 'clean');
        if (mode === 'redact') {
          assert.deepEqual(taker.trailers, ['grpc-status', '2', 'grpc-message', 'no key [secret]']);
          return;
        }
        assert.equal(taker.ended, false);
        assert.equal(taker.failed?.code, 'SLUICE_SECRET_EGRESS');
        assert.deepEqual(broken, [taker.failed]);
      });
    }

    it(`${which} go their way when they are clean`, () => {
      const source = new HandBody(null);
      const body = build(source, 'block', { found: assert.fail, broken: assert.fail });
      const taker = new Taker();
      body.read(taker);
      source.consumer!.chunk(Buffer.from('clean'));
      source.consumer!.end(new HeaderList(['grpc-status', '0']));
      assert.deepEqual([taker.text, taker.ended, taker.trailers], ['clean', true, ['grpc-status', '0']]);
    });
  }
});

function guardOf(mode: 'redact' | 'block'): EgressGuard {
  const scanner = new SecretScanner(new Map([['secret://s', SECRET]]));
  return { scanner, mode, headers: true, bodies: true };
}
