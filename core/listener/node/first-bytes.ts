// The first bytes of a connection, read before it is known who will read the rest.
import type { Socket } from 'node:net';

/** What the bytes so far have told. */
export type FirstBytes =
  /** Too few to tell anything. */
  | 'more'
  /** The connection is not one to go on with. */
  | 'cut'
  | {
      /** What whoever goes on reads first. */
      readonly rest: Buffer;
      readonly goOn: () => void;
    };

/**
 * Reads until `judge` has seen enough, puts back what is left, and goes on.
 * @param waitMs longest time until then; after it, and when the client leaves before, the connection is cut
 */
export function takeFirstBytes(socket: Socket, waitMs: number, judge: (seen: Buffer) => FirstBytes): void {
  let seen: Buffer = Buffer.alloc(0);
  const cut = (): void => void socket.destroy();
  const timer = setTimeout(cut, waitMs);
  const look = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    seen = Buffer.concat([seen, bytes]);
    const told = judge(seen);
    if (told === 'more') return;
    stop();
    if (told === 'cut') {
      cut();
      return;
    }
    if (told.rest.length > 0) socket.unshift(told.rest);
    told.goOn();
  };
  const stop = (): void => {
    clearTimeout(timer);
    socket.removeListener('readable', look);
    socket.removeListener('end', cut);
    socket.removeListener('close', stop);
  };
  socket.on('readable', look);
  socket.on('end', cut);
  socket.on('close', stop);
}
