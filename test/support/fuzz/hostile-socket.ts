// How hostile peers use a connection, whichever side they are: in pieces, slowly, without reading, and gone at any moment.
import type { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from './random.js';

/** Longest pause between two pieces. */
const PAUSE_MS = 20;
const MOST_PIECES = 12;
/** How long a client stays that waits for the gateway to close. */
const PATIENCE_MS = 400;

/** A connection, and the socket of TCP below it where it is one of TLS. */
export interface HostileSocket {
  readonly socket: Socket;
  readonly tcp: Socket;
  /** Resolves once bytes can be sent; never, where the connection fails before. */
  readonly opened: Promise<unknown>;
}

/** As a client: sends all of it, leaves, and waits until the connection is gone. */
export async function assail(
  { socket, tcp, opened }: HostileSocket,
  bytes: Buffer,
  random: Random,
): Promise<void> {
  const gone = new Promise((resolve) => socket.once('close', resolve));
  const patience = setTimeout(() => tcp.destroy(), PATIENCE_MS);
  // Cut connections are what this is about.
  for (const one of [socket, tcp]) one.on('error', () => undefined);
  tcp.once('close', () => socket.destroy());
  if (!random.oneIn(8)) socket.resume();
  await Promise.race([opened.catch(() => undefined), gone]);
  await sendInPieces(socket, bytes, random);
  leave(socket, tcp, random);
  await gone;
  // One of TLS may be gone before the connection below it is.
  tcp.destroy();
  clearTimeout(patience);
}

/** Whole, or in pieces with pauses that are a turn of the event loop or longer; as much as the other side lets it. */
export async function sendInPieces(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  const borders = random.oneIn(2)
    ? []
    : Array.from({ length: random.below(MOST_PIECES) }, () => random.below(bytes.length + 1));
  const isSlow = random.oneIn(4);
  let at = 0;
  for (const border of [...borders.sort((a, b) => a - b), bytes.length]) {
    if (!socket.writable) return;
    await write(socket, bytes.subarray(at, border));
    at = border;
    if (isSlow) await delay(random.below(PAUSE_MS));
    else await nextTurn();
  }
}

/** At once, in good manners, by a reset, or not before the other side does. */
export function leave(socket: Socket, tcp: Socket, random: Random): void {
  const ways = [
    () => void socket.destroy(),
    () => void socket.end(),
    // Node keeps the descriptor of one below TLS that is reset.
    () => void (socket === tcp && !tcp.destroyed ? tcp.resetAndDestroy() : socket.destroy()),
    () => undefined,
  ];
  random.pick(ways)();
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.removeListener('close', done);
      resolve();
    };
    socket.once('close', done);
    socket.write(bytes, done);
  });
}
