// A service of gRPC behind a gateway, and a client in front: both of the reference implementation for Node, both with bytes as
// messages.

import type { TestContext } from 'node:test';
import {
  type Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type status,
} from '@grpc/grpc-js';
import { TestAuthority } from './certificates.js';
import { TestGateway } from './gateway.js';

/** A secret, which stands in the file `told.txt`. */
export const TOLD = 'correct-horse-battery';

const SERVICE = '/test.Echo/';
const bytes = (value: Buffer): Buffer => value;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: SERVICE + name,
    ...{ requestStream, responseStream, requestSerialize: bytes, requestDeserialize: bytes },
    ...{ responseSerialize: bytes, responseDeserialize: bytes },
  };
}

export const ECHO = {
  One: method('One', false, false),
  Down: method('Down', false, true),
  Up: method('Up', true, false),
  Both: method('Both', true, true),
} satisfies ServiceDefinition;

export const GRPC_OPTIONS = {
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  'grpc.max_send_message_length': 16 * 1024 * 1024,
};

/** What the server saw of a call. */
export interface SeenCall {
  readonly method: string;
  readonly metadata: Metadata;
  readonly deadline: Date | number;
  cancelled: boolean;
}

export interface GrpcStage {
  readonly gateway: TestGateway;
  readonly client: Client;
  readonly server: Server;
  readonly calls: SeenCall[];
}

/** The error that a client asks for: a code, a message and details, or null. */
function asked(metadata: Metadata): { code: status; details: string; metadata: Metadata } | null {
  const [code] = metadata.get('x-fail');
  if (code === undefined) return null;
  const trailers = new Metadata();
  trailers.set('grpc-status-details-bin', Buffer.from([8, 5, 18, 0, 255]));
  trailers.set('x-reason', 'asked for');
  return { code: Number(code), details: 'as asked: ü', metadata: trailers };
}

function implementation(calls: SeenCall[]) {
  type Any = {
    metadata: Metadata;
    getDeadline(): Date | number;
    on(event: 'cancelled', then: () => void): unknown;
  };
  const see = (name: string, call: Any): void => {
    const seen: SeenCall = {
      method: name,
      metadata: call.metadata,
      deadline: call.getDeadline(),
      cancelled: false,
    };
    calls.push(seen);
    call.on('cancelled', () => {
      seen.cancelled = true;
    });
  };
  const after = new Metadata();
  after.set('x-after', 'the end');
  const One: handleUnaryCall<Buffer, Buffer> = (call, reply) => {
    see('One', call);
    const before = new Metadata();
    before.set('x-before', 'the message');
    before.set('x-bytes-bin', Buffer.from([0, 1, 254, 255]));
    const error = asked(call.metadata);
    if (call.metadata.get('x-silent').length > 0) return;
    if (error !== null) reply(error);
    else {
      call.sendMetadata(before);
      const told = after.clone();
      for (const value of call.metadata.get('x-told')) told.add('x-told', value);
      reply(null, call.request, told);
    }
  };
  const Down: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    see('Down', call);
    const [count] = call.metadata.get('x-count');
    for (let i = 0; i < Number(count); i++) call.write(Buffer.from(`${call.request} ${i}`));
    const error = asked(call.metadata);
    if (call.metadata.get('x-silent').length > 0) return;
    if (error === null) call.end(after);
    else call.emit('error', error);
  };
  const Up: handleClientStreamingCall<Buffer, Buffer> = (call, reply) => {
    see('Up', call);
    let total = 0;
    call.on('data', (message: Buffer) => {
      total += message.length;
      if (message.toString() === 'enough') reply(null, Buffer.from('early'));
    });
    call.on('end', () => reply(null, Buffer.from(String(total)), after));
  };
  const Both: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    see('Both', call);
    call.on('data', (message: Buffer) => call.write(Buffer.concat([Buffer.from('<'), message])));
    call.on('end', () => call.end(after));
  };
  return { One, Down, Up, Both };
}

/**
 * @param secure TLS on both legs
 * @param route  parts of the route to the service
 * @param more   parts of the configuration
 */
export async function startGrpc(
  test: TestContext,
  secure: boolean,
  filters: Readonly<Record<string, unknown>> = {},
  route: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<GrpcStage> {
  const authority = TestAuthority.root();
  const { chain, key } = authority.issue({ names: ['localhost'] });
  const server = new Server(GRPC_OPTIONS);
  const calls: SeenCall[] = [];
  server.addService(ECHO, implementation(calls));
  const pair = { cert_chain: Buffer.from(chain), private_key: Buffer.from(key) };
  const own = secure ? ServerCredentials.createSsl(null, [pair]) : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', own, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  test.after(() => server.forceShutdown());
  const gateway = await TestGateway.start(
    test,
    {
      listeners: [
        {
          ...{ name: 'public', address: '127.0.0.1:0', engine: 'node', http2: true },
          ...(secure ? { tls: { certificates: [{ cert: './api.crt', key: './api.key' }] } } : {}),
        },
      ],
      upstreams: {
        sample: {
          targets: [{ url: `${secure ? 'https' : 'http'}://localhost:${port}` }],
          protocol: 'http2',
          ...(secure ? { tls: { ca: './ca.crt' } } : {}),
          headers: { 'x-told': 'secret+file://./told.txt' },
        },
      },
      filters,
      ...more,
      routes: [
        {
          ...{ id: 'grpc', match: { path: `${SERVICE}*`, methods: ['POST'] }, upstream: 'sample' },
          ...{ limits: { requestBodyBytes: 16 * 1024 * 1024 }, filters: Object.keys(filters), ...route },
        },
      ],
    },
    [],
    { 'told.txt': TOLD, 'api.crt': chain, 'api.key': key, 'ca.crt': authority.cert },
  );
  const GrpcClient = makeGenericClientConstructor(ECHO, 'Echo');
  const trust = secure ? credentials.createSsl(Buffer.from(authority.cert)) : credentials.createInsecure();
  const client = new GrpcClient(`localhost:${gateway.port}`, trust, GRPC_OPTIONS);
  test.after(() => client.close());
  return { gateway, client, server, calls };
}
