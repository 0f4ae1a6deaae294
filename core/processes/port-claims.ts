// Which addresses the processes of this set have open. They share them in a way that any process of the same user could join,
// so whatever is new is first seen to be free: a second gateway started by mistake would take a part of the connections.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { bindFailure } from '../bind-failure.js';
import type { SharedAddress } from '../seat.js';

export class PortClaims<Holder> {
  readonly #holders = new Map<string, Set<Holder>>();
  /** One after another: who is second shares what the first one found free. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws GatewayError SLUICE_LISTEN_ADDRESS when somebody else has it */
  claim(holder: Holder, address: SharedAddress): Promise<void> {
    const claimed = this.#turn.then(async () => {
      const key = keyOf(address);
      const holders = this.#holders.get(key) ?? new Set();
      if (holders.size === 0) await probe(address);
      this.#holders.set(key, holders.add(holder));
    });
    this.#turn = claimed.catch(() => undefined);
    return claimed;
  }

  release(holder: Holder, address: SharedAddress): void {
    this.#holders.get(keyOf(address))?.delete(holder);
  }

  /** It has ended. */
  releaseAll(holder: Holder): void {
    for (const holders of this.#holders.values()) holders.delete(holder);
  }
}

/** Opens it as one who shares with nobody. */
async function probe({ name, host, port }: SharedAddress): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
  } catch (cause) {
    throw bindFailure(`listener ${name}`, host, port, cause);
  }
  server.close();
  await once(server, 'close');
}

function keyOf({ host, port }: SharedAddress): string {
  return `${host} ${port}`;
}
