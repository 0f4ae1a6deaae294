// Bodies of responses through a listener: framing, back-pressure, clients that leave or read nothing.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { BufferedBody } from '../../core/exchange.js';
import { atRest, BIG, type BodyStage, GET, until } from '../support/body-stage.js';
import { HandBody, PatternBody, pattern } from '../support/raw-body.js';

/** Runs the suite on the listeners of a stage. */
export function testDownloads(name: string, stage: BodyStage): void {
  describe(`downloads through ${name}`, { timeout: 120_000 }, () => {
    beforeEach(() => stage.open(0));

    afterEach(() => stage.close());

    for (const announced of [true, false]) {
      const kind = announced ? 'of known length' : 'without known length';

      it(`downloads 32 MiB ${kind} byte for byte`, async () => {
        const body = new PatternBody(BIG, { announced });
        const outcome = stage.answerWith(body);
        stage.client.send(GET);
        const response = await stage.client.response();
        assert.equal(response.complete, true);
        assert(response.body.equals(pattern(0, BIG)));
        assert.equal(await outcome, 'sent');
      });

      it(`pauses a body ${kind} while the client does not read, and goes on when it does`, async () => {
        const body = new PatternBody(BIG, { announced });
        const outcome = stage.answerWith(body);
        stage.client.socket.pause();
        stage.client.send(GET);
        await until(() => body.paused);
        const produced = await atRest(() => body.produced);
        assert(produced < BIG, `${produced} bytes were produced for a client that read none`);
        stage.client.socket.resume();
        const response = await stage.client.response();
        assert(response.body.equals(pattern(0, BIG)));
        assert.equal(await outcome, 'sent');
      });

      it(`cancels a body ${kind} when its client leaves`, async () => {
        const body = new PatternBody(BIG, { announced });
        const outcome = stage.answerWith(body);
        stage.client.socket.pause();
        stage.client.send(GET);
        await until(() => body.paused);
        stage.client.destroy();
        assert.equal(await outcome, 'aborted');
        assert.equal(body.cancelled, true);
      });

      it(`sends single bytes ${kind} as they come`, async () => {
        const body = new HandBody(announced ? 3 : null);
        void stage.answerWith(body);
        stage.client.send(GET);
        await body.started;
        for (const byte of ['a', 'b', 'c']) {
          body.consumer?.chunk(Buffer.from(byte));
          await stage.client.until(() => stage.client.received.includes(announced ? byte : `1\r\n${byte}`));
        }
        body.consumer?.end();
        assert.equal((await stage.client.response()).body.toString(), 'abc');
      });

      it(`keeps the connection after a body ${kind}`, async () => {
        for (let round = 0; round < 3; round++) {
          void stage.answerWith(new PatternBody(200_000, { announced }));
          stage.client.send(GET);
          assert((await stage.client.response()).body.equals(pattern(0, 200_000)));
        }
      });
    }

    it('shows the head of a body of known length before its first byte', async () => {
      const body = new HandBody(2);
      void stage.answerWith(body);
      stage.client.send(GET);
      await stage.client.until(() => stage.client.received.includes('\r\n\r\n'));
      body.consumer?.chunk(Buffer.from('ok'));
      assert.equal((await stage.client.response()).body.toString(), 'ok');
    });

    it('ends a body without known length that has no bytes', async () => {
      const body = new HandBody(null);
      void stage.answerWith(body);
      stage.client.send(GET);
      await body.started;
      body.consumer?.end();
      const response = await stage.client.response();
      assert.equal(response.complete, true);
      assert.equal(response.body.length, 0);
    });

    it('cuts the connection when a body has more bytes than announced', async () => {
      const body = new HandBody(2);
      const outcome = stage.answerWith(body);
      stage.client.send(GET);
      await body.started;
      body.consumer?.chunk(Buffer.from('abc'));
      assert.equal(await outcome, 'cut');
      await stage.client.closed();
    });

    it('sends a large body in memory as the client takes it', async () => {
      const outcome = stage.answerWith(new BufferedBody(pattern(0, BIG)));
      stage.client.send(GET);
      assert((await stage.client.response()).body.equals(pattern(0, BIG)));
      assert.equal(await outcome, 'sent');
    });

    describe('with an idle limit', () => {
      beforeEach(async () => {
        stage.close();
        await stage.open(200);
      });

      it('cuts a client that takes nothing of its response', async () => {
        const body = new PatternBody(BIG, { announced: true });
        const outcome = stage.answerWith(body);
        stage.client.socket.pause();
        stage.client.send(GET);
        assert.equal(await outcome, 'aborted');
        assert.equal(body.cancelled, true);
      });
    });
  });
}
