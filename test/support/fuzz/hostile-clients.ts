// Clients that send what no client should, to each kind of listener.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { preamble, tlv } from '../proxy-preamble.js';
import { assail, type HostileSocket } from './hostile-socket.js';
import { http1Requests } from './http1-requests.js';
import { clientConversation } from './http2-conversations.js';
import type { Random } from './random.js';
import { spoil } from './spoiler.js';
import { tlsOver } from './tls-over.js';

/** One way to a gateway: which listener, what comes before the protocol, and which protocol. */
export interface Surface {
  readonly listener: string;
  readonly opens: 'tcp' | 'tls' | 'spoilt tls';
  /** Sends a preamble of the PROXY protocol first. */
  readonly proxied?: boolean;
  readonly speaks: 'http1' | 'http2';
}

const PREAMBLES: readonly ((random: Random) => Buffer)[] = [
  () => preamble('192.0.2.7'),
  () => preamble('2001:db8:0:0:0:0:0:7'),
  () => preamble('192.0.2.7', { command: 0x20 }),
  (random) => preamble('192.0.2.7', { tlvs: tlv(random.below(256), random.bytes(random.below(600))) }),
  (random) => preamble('192.0.2.7', { length: random.below(2 ** 16) }),
  (random) => preamble('192.0.2.7', { family: random.below(256), command: random.below(256) }),
  () => Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 1000 443\r\n'),
  () => Buffer.alloc(0),
];

/** Opens a connection, sends `path` in ways that the generator chooses, and returns when the connection is gone. */
export async function attack(surface: Surface, port: number, path: string, random: Random): Promise<void> {
  const relay = surface.opens === 'spoilt tls' ? await spoilingRelay(port, random.fork()) : null;
  const tcp = connect({ port: relay ?? port, host: '127.0.0.1', noDelay: true });
  await once(tcp, 'connect');
  if (surface.proxied === true) tcp.write(spoiltPreamble(random));
  await assail(withProtocol(surface, tcp), saying(surface, path, random), random);
}

function saying({ speaks, opens }: Surface, path: string, random: Random): Buffer {
  // Whoever says the other protocol has the listener tell them apart.
  const isHttp2 = (speaks === 'http2') !== random.oneIn(20);
  const bytes = isHttp2 ? clientConversation(path, random) : http1Requests(path, random);
  if (isHttp2 || opens === 'spoilt tls') return bytes;
  return random.oneIn(2) ? spoil(random, bytes) : bytes;
}

function withProtocol({ opens, speaks }: Surface, tcp: Socket): HostileSocket {
  if (opens === 'tcp') return { socket: tcp, tcp, opened: Promise.resolve() };
  const socket = tlsOver(tcp, speaks);
  return { socket, tcp, opened: once(socket, 'secureConnect') };
}

function spoiltPreamble(random: Random): Buffer {
  const bytes = random.oneIn(2) ? preamble('192.0.2.7') : random.pick(PREAMBLES)(random);
  return random.oneIn(4) ? spoil(random, bytes) : bytes;
}

/** Takes one connection, on which some of what the client sends comes out as something else. @returns its port */
async function spoilingRelay(port: number, random: Random): Promise<number> {
  const server = createServer((client) => {
    server.close();
    const link = connect({ port, host: '127.0.0.1', noDelay: true });
    client.on('data', (bytes) => void link.write(random.oneIn(4) ? spoil(random, bytes) : bytes));
    link.on('data', (bytes) => void client.write(bytes));
    endTogether(client, link);
    endTogether(link, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function endTogether(from: Socket, to: Socket): void {
  from.on('error', () => undefined);
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
}
