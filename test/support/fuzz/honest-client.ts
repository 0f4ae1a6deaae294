// A client in good order, on a connection of its own, by the same ways as the hostile ones.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { responseOf } from '../http2-client.js';
import { preamble } from '../proxy-preamble.js';
import type { Surface } from './hostile-clients.js';
import { tlsOver } from './tls-over.js';

export interface HonestAnswer {
  readonly status: number;
  readonly body: string;
}

const LONGEST_WAIT_MS = 10_000;

/** @throws Error when the connection fails, or no answer comes */
export async function askHonestly(surface: Surface, port: number, path: string): Promise<HonestAnswer> {
  const tcp = connect(port, '127.0.0.1');
  const late = setTimeout(() => tcp.destroy(new Error('no answer came')), LONGEST_WAIT_MS);
  try {
    await once(tcp, 'connect');
    if (surface.proxied === true) tcp.write(preamble('192.0.2.7'));
    const socket = surface.opens === 'tls' ? await secured(tcp, surface) : tcp;
    return await (surface.speaks === 'http2' ? overHttp2(socket, path) : overHttp1(socket, path));
  } finally {
    clearTimeout(late);
    tcp.destroy();
  }
}

async function secured(tcp: Socket, { speaks }: Surface): Promise<Socket> {
  const socket = tlsOver(tcp, speaks);
  await once(socket, 'secureConnect');
  return socket;
}

async function overHttp1(socket: Socket, path: string): Promise<HonestAnswer> {
  const request = get({
    path,
    createConnection: () => socket,
    headers: { host: 'localhost', connection: 'close' },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode!, body: await text(response) };
}

async function overHttp2(socket: Socket, path: string): Promise<HonestAnswer> {
  const session = connectHttp2('http://a', { createConnection: () => socket });
  session.on('error', () => undefined);
  try {
    const stream = session.request({ ':path': path });
    stream.on('error', () => undefined);
    const { status, body } = await responseOf(stream);
    return { status, body: body.toString() };
  } finally {
    session.destroy();
  }
}
