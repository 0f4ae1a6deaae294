// The clients of a soak, as the suite sees them.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { end } from '../harness/processes.js';

/** What the process is told first; whatever it is told next stops it. */
export interface ClientOrder {
  readonly port: number;
  readonly connections: number;
  /** Between an answer and the next request, on average. */
  readonly pauseMs: number;
}

/** What came of the last second. */
export interface ClientSecond {
  readonly kind: 'second';
  readonly requests: number;
  readonly failed: number;
  /** 0 where there was no request. */
  readonly p99Ms: number;
}

/** What came of all. */
export interface ClientEnd {
  readonly kind: 'end';
  /** What was not told yet, of less than a second. */
  readonly last: ClientSecond;
  readonly kinds: readonly {
    readonly name: string;
    readonly count: number;
    readonly failed: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
  }[];
  /** Clients that took seconds for one request. */
  readonly slow: { readonly served: number; readonly failed: number };
  /** Clients that left in the middle. */
  readonly left: number;
  /** The first failures, in words. */
  readonly problems: readonly string[];
}

export class Clients {
  readonly #child: ChildProcess;
  readonly #end: Promise<ClientEnd>;
  #failure: Error | null = null;

  /** They begin at once, and `tell` hears of every second. */
  constructor(order: ClientOrder, tell: (second: ClientSecond) => void) {
    const program = fileURLToPath(new URL('./client-process.js', import.meta.url));
    this.#child = fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#end = new Promise((resolve, reject) => {
      this.#child.on('message', (message: ClientSecond | ClientEnd) => {
        if (message.kind === 'end') resolve(message);
        else tell(message);
      });
      this.#child.once('exit', (code, signal) => {
        this.#failure = new Error(`the clients of the soak ended with ${code ?? signal}`);
        reject(this.#failure);
      });
    });
    // Whoever waits for the end hears of it.
    this.#end.catch(() => undefined);
    this.#child.send(order);
  }

  /** For whoever waits for the next second. @throws Error when the process has ended, and there is none to come */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Waits for what was asked, and says what came of all. @throws Error when the process ended before */
  finish(): Promise<ClientEnd> {
    this.#child.send('stop');
    return this.#end;
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
