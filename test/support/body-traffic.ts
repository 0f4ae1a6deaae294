// Bodies of any size, poured as fast as they are taken, and what they do to the memory of a gateway.
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayProcess } from './gateway-process.js';

export const GIBIBYTE = 1024 ** 3;
/** What may lie in sockets and buffers of a way that is stalled. */
export const MOST_IN_FLIGHT = 64 * 1024 * 1024;
const CHUNK = Buffer.alloc(65536, 'x');

/** Largest resident memory, above what it was at first, until `work` is done. */
export async function growthMb(gateway: GatewayProcess, work: () => Promise<void>): Promise<number> {
  const before = gateway.residentMb();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, gateway.residentMb());
  }, 25);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

export interface Sink {
  write(chunk: Buffer): boolean;
  once(event: 'drain', run: () => void): unknown;
  end(): void;
}

/**
 * Writes `bytes` as fast as the stream takes them, but no faster than `mbPerSecond`; counts what it took.
 * The HTTP engine reads on within one tick for as long as a client keeps the receive buffer of the kernel full. That
 * takes a client that sends faster than the gateway copies, about 1 GB/s: without a limit, one on the same machine
 * makes the gateway hold 100 MB and more, and docs/engines.md says so.
 */
export function pour(stream: Sink, bytes: number, mbPerSecond = 200): { sent: number } {
  const count = { sent: 0 };
  const started = performance.now();
  const more = (): void => {
    while (count.sent < bytes) {
      if (count.sent > (performance.now() - started) * mbPerSecond * 1000) {
        setTimeout(more, 2);
        return;
      }
      count.sent += CHUNK.length;
      if (!stream.write(CHUNK)) {
        stream.once('drain', more);
        return;
      }
    }
    stream.end();
  };
  more();
  return count;
}

export async function drained(stream: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

export const response = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, resolve).on('error', reject));

/** Waits until a count that grows has stopped for a while: it is then held back, not merely slow. */
export async function settled(count: () => number): Promise<void> {
  for (let last = -1; last !== count() || last === 0; ) {
    last = count();
    await delay(300);
  }
}
