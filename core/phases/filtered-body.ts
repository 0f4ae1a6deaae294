// A body on its way through the filters that see it in chunks, one visit to a worker for each chunk, with back-pressure
// through to its source: there is one chunk under way, and at most one more waits at either side.
import { MAX_CHUNK_BYTES } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, BufferedBody } from '../exchange.js';
import type { PhaseChain } from '../route.js';
import type { BodyVisits } from '../wasm/body-visits.js';
import type { FilterResponse, PhaseResult } from '../wasm/guest-abi.js';
import { type FilterSetting, visit } from './filter-run.js';

export class FilteredBody implements Body, BodyConsumer {
  readonly length = null;
  readonly #source: Body;
  readonly #setting: FilterSetting;
  readonly #chain: PhaseChain;
  readonly #visits: BodyVisits;
  #consumer: BodyConsumer | null = null;
  #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  /** What the filters let through and the consumer has not taken. */
  #outgoing: Uint8Array | null = null;
  /** The source has ended, and so have the filters. */
  #sourceEnded = false;
  #ended = false;
  #started = false;
  #visiting = false;
  #sourcePaused = false;
  #paused = false;
  #over = false;
  #failure: GatewayError | null = null;
  #firstVisit: ((failure: GatewayError | null) => void) | null = null;
  #answeredBy = -1;

  /** @param visits of the filters of `chain` that are to see the body */
  constructor(source: Body, setting: FilterSetting, chain: PhaseChain, visits: BodyVisits) {
    this.#source = source;
    this.#setting = setting;
    this.#chain = chain;
    this.#visits = visits;
  }

  /** By index in the chain, what the filters kept last. */
  get contexts(): readonly (Uint8Array | null)[] {
    return this.#visits.contexts;
  }

  /** Index in the chain of the request filter that answered in the midst of the body; -1 as long as none did. */
  get answeredBy(): number {
    return this.#answeredBy;
  }

  /**
   * Starts the flow and waits for the first bytes that the filters let through, so that one that fails or stops before does
   * so before the head has left.
   * @throws GatewayError that the body failed with
   */
  first(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#firstVisit = (failure) => (failure === null ? resolve() : reject(failure));
      this.#start();
    });
  }

  read(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    if (this.#failure !== null) consumer.fail(this.#failure);
    else {
      this.#start();
      this.#deliver();
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  cancel(reason: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#drop();
    this.#source.cancel(reason);
    this.#endFirst(reason);
  }

  // What the source calls.

  chunk(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#incoming.push(bytes);
    this.#incomingBytes += bytes.byteLength;
    if (this.#incomingBytes >= MAX_CHUNK_BYTES) {
      this.#sourcePaused = true;
      this.#source.pause();
    }
    this.#advance();
  }

  end(): void {
    if (this.#over) return;
    this.#sourceEnded = true;
    this.#advance();
  }

  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = error;
    this.#drop();
    this.#endFirst(error);
    this.#consumer?.fail(error);
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#source.read(this);
  }

  /** Begins the next visit, if there is a reason and what the last one let through is gone. */
  #advance(): void {
    if (this.#visiting || this.#ended || this.#outgoing !== null) return;
    if (this.#incomingBytes === 0 && !this.#sourceEnded) return;
    this.#visiting = true;
    // Chunk and end often come in one turn: they take one visit.
    queueMicrotask(() => void this.#visitNext());
  }

  async #visitNext(): Promise<void> {
    if (this.#over) return;
    const chunk = this.#take();
    const last = this.#sourceEnded && this.#incomingBytes === 0;
    this.#resumeSource();
    try {
      const output = this.#visits.isOver ? chunk : await this.#visit(chunk, last);
      if (this.#over) return;
      if (output.byteLength > 0) this.#outgoing = output;
      this.#ended = last;
    } catch (cause) {
      this.#break(GatewayError.from(cause));
      return;
    }
    if (this.#outgoing !== null || this.#ended) this.#endFirst(null);
    this.#visiting = false;
    this.#deliver();
  }

  async #visit(chunk: Uint8Array, last: boolean): Promise<Uint8Array> {
    const { links } = this.#visits;
    const specs = links.map((_, index) => this.#chain.specs[this.#visits.placeOf(index)]!);
    const result = await visit(this.#setting, specs, this.#visits.message(chunk, last), links, null);
    if (result.response !== null && !this.#over) this.#endWith(result, result.response);
    return this.#visits.take(chunk, result);
  }

  /** A request filter answers. The upstream is not to take what it got for whole; has it answered before, it is too late. */
  #endWith({ respondedBy }: PhaseResult, { status, headers, body }: FilterResponse): void {
    const { exchange } = this.#setting;
    const stopped = new GatewayError(
      'SLUICE_FILTER_STOPPED',
      'a filter answered before the request was whole',
    );
    if (exchange.response === null) {
      this.#answeredBy = this.#visits.placeOf(respondedBy);
      this.#source.cancel(stopped);
      exchange.response = { status, headers, body: new BufferedBody(body) };
      this.fail(stopped);
    } else this.#break(stopped);
  }

  /** The filters end it. */
  #break(error: GatewayError): void {
    if (this.#over) return;
    const { exchange } = this.#setting;
    // Where the response is on its way, be it this one, nobody else tells of the error.
    if (exchange.response !== null) exchange.error ??= error;
    this.#source.cancel(error);
    this.fail(error);
  }

  /** Hands on what the consumer takes, and sees to the next chunk when it took all. */
  #deliver(): void {
    const consumer = this.#consumer;
    if (this.#over || this.#paused) return;
    if (consumer !== null && this.#outgoing !== null) {
      const bytes = this.#outgoing;
      this.#outgoing = null;
      consumer.chunk(bytes);
    }
    // It may have paused or cancelled meanwhile.
    if (this.#over || this.#paused) return;
    if (!this.#ended) this.#advance();
    else if (consumer !== null && this.#outgoing === null) {
      this.#over = true;
      consumer.end();
    }
  }

  #resumeSource(): void {
    if (!this.#sourcePaused || this.#incomingBytes >= MAX_CHUNK_BYTES) return;
    this.#sourcePaused = false;
    this.#source.resume();
  }

  /** The next chunk: what has come in so far, up to its most. */
  #take(): Uint8Array {
    const all = this.#incoming.length === 1 ? this.#incoming[0]! : Buffer.concat(this.#incoming);
    const chunk = all.subarray(0, MAX_CHUNK_BYTES);
    const rest = all.subarray(MAX_CHUNK_BYTES);
    this.#incoming = rest.byteLength === 0 ? [] : [rest];
    this.#incomingBytes = rest.byteLength;
    return chunk;
  }

  #drop(): void {
    this.#incoming = [];
    this.#incomingBytes = 0;
    this.#outgoing = null;
  }

  #endFirst(failure: GatewayError | null): void {
    this.#firstVisit?.(failure);
    this.#firstVisit = null;
  }
}
