// A body on its way to the client with an eye on it: what may become a secret is held back until it is known not to be one,
// a few bytes as a rule, never the body.
import type { EgressGuard } from '../egress.js';
import { GatewayError } from '../errors.js';
import type { Body, BodyConsumer } from '../exchange.js';
import type { SecretScan } from '../secrets/secret-scanner.js';

export interface ScanListener {
  /** A secret stands in the body; told again where it stands in it often. */
  found(secret: string): void;
  /** That ended the body, in mode `block`. */
  broken(error: GatewayError): void;
}

/** @param place in the response, for people */
export function withheld(place: string, secret: string): GatewayError {
  return new GatewayError('SLUICE_SECRET_EGRESS', `${place} of the response has the secret ${secret} in it`);
}

export class ScannedBody implements Body, BodyConsumer {
  /** Whole or not at all is as long as it was; with something else in place of secrets it is not. */
  readonly length: number | null;
  readonly #source: Body;
  readonly #listener: ScanListener;
  readonly #scan: SecretScan;
  #consumer: BodyConsumer | null = null;
  #secret: string | null = null;
  /** What was let go and the consumer has not taken. */
  #outgoing: Uint8Array[] = [];
  #started = false;
  #ended = false;
  #paused = false;
  #over = false;
  #failure: GatewayError | null = null;
  #firstBytes: ((failure: GatewayError | null) => void) | null = null;

  constructor(source: Body, { mode, scanner }: EgressGuard, listener: ScanListener) {
    this.#source = source;
    this.#listener = listener;
    this.length = mode === 'block' ? source.length : null;
    this.#scan = scanner.begin((secret) => {
      if (mode === 'block') this.#secret ??= secret;
      listener.found(secret);
    });
  }

  /**
   * Starts the flow and waits for the first bytes that can be let go, so that a body which is withheld before that is an
   * error with a head of its own.
   * @throws GatewayError that the body failed with
   */
  first(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#firstBytes = (failure) => (failure === null ? resolve() : reject(failure));
      this.#start();
    });
  }

  read(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    if (this.#failure !== null) {
      consumer.fail(this.#failure);
      return;
    }
    this.#start();
    this.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#source.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
    if (!this.#over && !this.#paused && !this.#ended) this.#source.resume();
  }

  cancel(reason: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#outgoing = [];
    this.#source.cancel(reason);
    this.#endFirst(reason);
  }

  // What the source calls.

  chunk(bytes: Uint8Array): void {
    if (this.#over) return;
    const free = this.#scan.take(bytes);
    if (this.#secret !== null) this.#break(this.#secret);
    else if (free.byteLength > 0) {
      this.#outgoing.push(free);
      // Nobody reads yet.
      if (this.#consumer === null) this.#source.pause();
      this.#endFirst(null);
      this.#deliver();
    }
  }

  end(): void {
    if (this.#over) return;
    const free = this.#scan.end();
    if (free.byteLength > 0) this.#outgoing.push(free);
    this.#ended = true;
    this.#endFirst(null);
    this.#deliver();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = error;
    this.#outgoing = [];
    this.#endFirst(error);
    this.#consumer?.fail(error);
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#source.read(this);
  }

  #break(secret: string): void {
    const error = withheld('the body', secret);
    this.#source.cancel(error);
    this.#listener.broken(error);
    this.fail(error);
  }

  #deliver(): void {
    const consumer = this.#consumer;
    if (consumer === null) return;
    while (!this.#over && !this.#paused && this.#outgoing.length > 0) consumer.chunk(this.#outgoing.shift()!);
    // It may have paused or cancelled meanwhile.
    if (this.#over || this.#paused || !this.#ended) return;
    this.#over = true;
    consumer.end();
  }

  #endFirst(failure: GatewayError | null): void {
    this.#firstBytes?.(failure);
    this.#firstBytes = null;
  }
}
