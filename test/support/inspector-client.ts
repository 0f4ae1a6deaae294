// A debugger for tests: speaks the Chrome DevTools Protocol to a process that waits for one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'undici';

/** A message of either direction; what stands in `params` and `result` follows from the method. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (cause: Error) => void;
}

export class InspectorClient {
  readonly #socket: WebSocket;
  readonly #calls = new Map<number, Waiting>();
  readonly #events = new Map<string, unknown[]>();
  readonly #listeners = new Map<string, (event: unknown) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(data as string) as Message));
    socket.addEventListener('close', () => {
      for (const { reject } of this.#calls.values()) reject(new Error('the inspector closed the connection'));
    });
  }

  /** @param url the one that the process prints: `ws://127.0.0.1:…` */
  static async connect(url: string): Promise<InspectorClient> {
    const socket = new WebSocket(url);
    const client = new InspectorClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** Answers with the result, which is what the protocol says of the method. */
  call<Result>(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** The next event of this name that nobody has taken yet; one at a time waits for a name. */
  next<Event>(name: string): Promise<Event> {
    const known = this.#events.get(name)?.shift();
    if (known !== undefined) return Promise.resolve(known as Event);
    assert(!this.#listeners.has(name));
    return new Promise((resolve) => this.#listeners.set(name, resolve as (event: unknown) => void));
  }

  close(): void {
    this.#socket.close();
  }

  #receive({ id, method, params, result, error }: Message): void {
    if (id !== undefined) {
      const call = this.#calls.get(id)!;
      this.#calls.delete(id);
      if (error === undefined) call.resolve(result);
      else call.reject(new Error(JSON.stringify(error)));
      return;
    }
    const name = method!;
    const listener = this.#listeners.get(name);
    this.#listeners.delete(name);
    if (listener !== undefined) listener(params);
    else this.#events.set(name, [...(this.#events.get(name) ?? []), params]);
  }
}
