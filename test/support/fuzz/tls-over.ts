// TLS to a gateway of the fuzzer, whose certificate nobody has to believe.
import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Surface } from './hostile-clients.js';

/** Begins a handshake over a connection. */
export function tlsOver(tcp: Socket, speaks: Surface['speaks']): TLSSocket {
  const ALPNProtocols = speaks === 'http2' ? ['h2'] : ['http/1.1'];
  return connect({ socket: tcp, ALPNProtocols, rejectUnauthorized: false, servername: 'localhost' });
}
