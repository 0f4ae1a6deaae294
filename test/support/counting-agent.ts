// A client that tells how many connections it needed.
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';

export class CountingAgent extends Agent {
  connections = 0;

  override createConnection(
    options: ClientRequestArgs,
    done?: (error: Error | null, socket: Duplex) => void,
  ) {
    this.connections += 1;
    return super.createConnection(options, done);
  }
}
