// gRPC of the reference implementation through the gateway, over HTTP/2 on both legs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  Metadata,
  type ServiceError,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { until } from '../support/gateway.js';
import { ECHO, startGrpc, TOLD } from '../support/grpc-stage.js';

const MIB = 1024 * 1024;
const same = (value: Buffer): Buffer => value;

interface Outcome {
  readonly messages: Buffer[];
  readonly metadata: Metadata | null;
  readonly status: StatusObject;
}

function metadata(fields: Readonly<Record<string, string | Buffer>> = {}): Metadata {
  const made = new Metadata();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}

/** A call with one message up and one down. */
function one(
  client: Client,
  message: Buffer | string,
  fields: Readonly<Record<string, string | Buffer>> = {},
  deadline?: Date,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let initial: Metadata | null = null;
    const messages: Buffer[] = [];
    const options = deadline === undefined ? {} : { deadline };
    const call = client.makeUnaryRequest(
      ...([ECHO.One.path, same, same, Buffer.from(message), metadata(fields), options] as const),
      (_error: ServiceError | null, value?: Buffer) => {
        if (value !== undefined) messages.push(value);
      },
    );
    call.on('metadata', (found) => {
      initial = found;
    });
    call.on('status', (found) => resolve({ messages, metadata: initial, status: found }));
  });
}

/** Collects what comes down. */
function collect(
  call: ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>,
  onMessage: (count: number) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const messages: Buffer[] = [];
    let initial: Metadata | null = null;
    call.on('metadata', (found: Metadata) => {
      initial = found;
    });
    call.on('data', (message: Buffer) => {
      messages.push(message);
      onMessage(messages.length);
    });
    call.on('error', () => {});
    call.on('status', (found: StatusObject) => resolve({ messages, metadata: initial, status: found }));
  });
}

function down(client: Client, fields: Readonly<Record<string, string>>): ClientReadableStream<Buffer> {
  return client.makeServerStreamRequest(ECHO.Down.path, same, same, Buffer.from('no.'), metadata(fields));
}

function up(client: Client): { call: ClientWritableStream<Buffer>; reply: Promise<Buffer> } {
  let call: ClientWritableStream<Buffer> | null = null;
  const reply = new Promise<Buffer>((resolve, reject) => {
    call = client.makeClientStreamRequest(
      ECHO.Up.path,
      same,
      same,
      (error: ServiceError | null, value?: Buffer) => (error === null ? resolve(value!) : reject(error)),
    );
  });
  return { call: call!, reply };
}

function both(client: Client): ClientDuplexStream<Buffer, Buffer> {
  return client.makeBidiStreamRequest(ECHO.Both.path, same, same);
}

for (const secure of [false, true]) {
  describe(`gRPC ${secure ? 'over TLS' : 'in clear text'}`, { timeout: 60_000 }, () => {
    it('carries calls of all four kinds, with metadata before and after the messages', async (t) => {
      const { client, calls } = await startGrpc(t, secure);
      const unary = await one(client, 'hello', { 'x-key': 'k', 'x-bytes-bin': Buffer.from([0, 255]) });
      assert.equal(unary.status.code, status.OK, unary.status.details);
      assert.equal(String(unary.messages[0]), 'hello');
      assert.deepEqual(unary.metadata?.get('x-before'), ['the message']);
      assert.deepEqual(unary.metadata.get('x-bytes-bin'), [Buffer.from([0, 1, 254, 255])]);
      assert.deepEqual(unary.status.metadata.get('x-after'), ['the end']);
      assert.deepEqual(calls[0]!.metadata.get('x-key'), ['k']);
      assert.deepEqual(calls[0]!.metadata.get('x-bytes-bin'), [Buffer.from([0, 255])]);

      const streamed = await collect(down(client, { 'x-count': '100' }));
      assert.equal(streamed.status.code, status.OK);
      assert.deepEqual(
        streamed.messages.map(String),
        Array.from({ length: 100 }, (_, i) => `no. ${i}`),
      );
      assert.deepEqual(streamed.status.metadata.get('x-after'), ['the end']);

      const upload = up(client);
      for (let i = 0; i < 50; i++) upload.call.write(Buffer.alloc(1000));
      upload.call.end();
      assert.equal(String(await upload.reply), '50000');

      const talk = both(client);
      const outcome = collect(talk, (count) => {
        if (count < 10) talk.write(Buffer.from(String(count)));
        else talk.end();
      });
      talk.write(Buffer.from('0'));
      const { messages, status: end } = await outcome;
      assert.equal(messages.map(String).join(' '), '<0 <1 <2 <3 <4 <5 <6 <7 <8 <9');
      assert.equal(end.code, status.OK);
      assert.deepEqual(end.metadata.get('x-after'), ['the end']);
    });

    it('hands on errors, before the first message and after it, with their details', async (t) => {
      const { client } = await startGrpc(t, secure);
      const early = await one(client, 'x', { 'x-fail': String(status.NOT_FOUND) });
      const late = await collect(
        down(client, { 'x-count': '3', 'x-fail': String(status.RESOURCE_EXHAUSTED) }),
      );
      assert.equal(early.status.code, status.NOT_FOUND);
      assert.equal(late.status.code, status.RESOURCE_EXHAUSTED);
      assert.equal(late.messages.length, 3);
      for (const { status: failure } of [early, late]) {
        assert.equal(failure.details, 'as asked: ü');
        assert.deepEqual(failure.metadata.get('x-reason'), ['asked for']);
        assert.deepEqual(failure.metadata.get('grpc-status-details-bin'), [Buffer.from([8, 5, 18, 0, 255])]);
      }
    });

    it('carries messages of 4 MiB both ways', async (t) => {
      const { client } = await startGrpc(t, secure);
      const message = Buffer.alloc(4 * MIB, 'abc');
      const { messages, status: end } = await one(client, message);
      assert.equal(end.code, status.OK, end.details);
      assert.ok(messages[0]!.equals(message));
      const talk = both(client);
      const outcome = collect(talk);
      for (let i = 0; i < 3; i++) talk.write(message);
      talk.end();
      const lengths = (await outcome).messages.map(({ length }) => length);
      assert.deepEqual(lengths, Array(3).fill(message.length + 1));
    });

    it('tells the server of the deadline, and that it was missed', async (t) => {
      const { client, calls } = await startGrpc(t, secure);
      const deadline = new Date(Date.now() + 300);
      const { status: end } = await one(client, 'x', { 'x-silent': '1' }, deadline);
      assert.equal(end.code, status.DEADLINE_EXCEEDED);
      assert.ok(Number(calls[0]!.deadline) - Date.now() < 60_000, 'the server knows of one');
      await until(() => calls[0]!.cancelled);
    });

    it('tells the server that the client cancelled, in the midst of either stream', async (t) => {
      const { client, calls, gateway } = await startGrpc(t, secure);
      const reading = down(client, { 'x-count': '5', 'x-silent': '1' });
      const read = collect(reading, (count) => {
        if (count === 5) reading.cancel();
      });
      assert.equal((await read).status.code, status.CANCELLED);
      const talk = both(client);
      const talked = collect(talk, () => talk.cancel());
      talk.write(Buffer.from('x'));
      assert.equal((await talked).status.code, status.CANCELLED);
      await until(() => calls.length === 2 && calls.every(({ cancelled }) => cancelled));
      await until(
        async () => (await gateway.metric('sluice_upstream_active_requests{upstream="sample"}')) === 0,
      );
    });

    it('tells the client of an answer that came before it had sent everything', async (t) => {
      const { client } = await startGrpc(t, secure);
      const { call, reply } = up(client);
      call.on('error', () => {});
      call.write(Buffer.from('enough'));
      assert.equal(String(await reply), 'early');
    });

    it('tells the client that the server went away', async (t) => {
      const { client, server } = await startGrpc(t, secure);
      const { status: end, messages } = await collect(
        down(client, { 'x-count': '2', 'x-silent': '1' }),
        (count) => {
          if (count === 2) server.forceShutdown();
        },
      );
      assert.equal(messages.length, 2);
      assert.notEqual(end.code, status.OK);
      assert.equal((await one(client, 'x')).status.code, status.UNAVAILABLE);
    });

    it('holds many calls at once on its connections', async (t) => {
      const { client } = await startGrpc(t, secure);
      const outcomes = await Promise.all(Array.from({ length: 200 }, (_, i) => one(client, `call ${i}`)));
      assert.deepEqual(
        outcomes.map(({ messages }) => String(messages[0])),
        Array.from({ length: 200 }, (_, i) => `call ${i}`),
      );
    });
  });
}

describe('gRPC through filters', { timeout: 60_000 }, () => {
  it('is let through or denied by a policy, which the client understands', async (t) => {
    const rules = [{ methods: ['POST'], path: '/test.Echo/:method', headers: { 'x-key': 'right' } }];
    const { client, calls } = await startGrpc(t, false, {
      guard: { module: 'builtin:policy', config: { rules } },
    });
    const right = await one(client, 'hello', { 'x-key': 'right' });
    assert.equal(right.status.code, status.OK, right.status.details);
    assert.deepEqual(right.status.metadata.get('x-after'), ['the end']);
    const wrong = await one(client, 'hello', { 'x-key': 'wrong' });
    assert.equal(wrong.status.code, status.PERMISSION_DENIED);
    assert.equal(calls.length, 1);
  });

  for (const mode of ['redact', 'block'] as const) {
    for (const bodies of [true, false]) {
      it(`gives no secret away after ${bodies ? 'messages that are looked at' : 'messages'}, in mode ${mode}`, async (t) => {
        const egress = { mode, headers: true, bodies };
        const { client } = await startGrpc(t, false, {}, {}, { secrets: { egress } });
        const { status: end } = await one(client, 'hello');
        assert.doesNotMatch(JSON.stringify(end), new RegExp(TOLD));
        if (mode === 'redact') assert.deepEqual(end.metadata.get('x-told'), ['[secret]']);
        else assert.notEqual(end.code, status.OK);
      });
    }
  }

  it('has the errors of the gateway in words of its own', async (t) => {
    const { client } = await startGrpc(t, false, {}, { timeouts: { responseMs: 50 } });
    assert.equal((await one(client, 'x', { 'x-silent': '1' })).status.code, status.UNAVAILABLE);
    const call = new Promise<StatusObject>((resolve) => {
      client
        .makeUnaryRequest('/other.Service/One', same, same, Buffer.from('x'), () => {})
        .on('status', resolve);
    });
    assert.equal((await call).code, status.UNIMPLEMENTED);
  });
});
