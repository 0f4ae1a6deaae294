// A body on its way through the filters that see it in chunks, one visit to a worker for each chunk, with back-pressure
// through to its source: there is one chunk under way, and at most one more waits at either side.
import { MAX_CHUNK_BYTES } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import type { Body } from '../exchange.js';
import type { PhaseChain } from '../route.js';
import type { BodyVisits } from '../wasm/body-visits.js';
import type { FilterResponse, PhaseResult } from '../wasm/guest-abi.js';
import { DerivedBody } from './derived-body.js';
import { takeAnswer } from './filter-answer.js';
import { type FilterSetting, visit } from './filter-run.js';

type Filters =
  /** They wait for a chunk, or for the reader to take the one before. */
  | 'resting'
  /** A chunk is with them. */
  | 'visiting'
  /** They have seen the last. */
  | 'done';

export class FilteredBody extends DerivedBody {
  readonly length = null;
  readonly #setting: FilterSetting;
  readonly #chain: PhaseChain;
  readonly #visits: BodyVisits;
  #filters: Filters = 'resting';
  #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  #answeredBy = -1;

  /** @param visits of the filters of `chain` that are to see the body */
  constructor(source: Body, setting: FilterSetting, chain: PhaseChain, visits: BodyVisits) {
    super(source);
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

  protected override received(bytes: Uint8Array): void {
    this.#incoming.push(bytes);
    this.#incomingBytes += bytes.byteLength;
    if (this.#incomingBytes >= MAX_CHUNK_BYTES) this.holdSource();
    this.#advance();
  }

  protected override sourceEnded(): void {
    this.dropDigests();
    this.#advance();
  }

  /** The next chunk may come in meanwhile. */
  protected override readerStopped(): void {}

  protected override readerReady(): void {
    this.#advance();
  }

  protected override abandoned(): void {
    this.#incoming = [];
    this.#incomingBytes = 0;
  }

  /** Begins the next visit, if there is a reason and what the last one let through is gone. */
  #advance(): void {
    if (this.#filters !== 'resting' || this.isHeldUp) return;
    if (this.#incomingBytes === 0 && !this.hasSourceEnded) return;
    this.#filters = 'visiting';
    // Chunk and end often come in one turn: they take one visit.
    queueMicrotask(() => void this.#visitNext());
  }

  async #visitNext(): Promise<void> {
    if (this.isOver) return;
    const chunk = this.#take();
    const last = this.hasSourceEnded && this.#incomingBytes === 0;
    if (this.#incomingBytes < MAX_CHUNK_BYTES) this.releaseSource();
    let output = chunk;
    try {
      if (!this.#visits.isOver) output = await this.#visit(chunk, last);
    } catch (cause) {
      this.#break(GatewayError.from(cause));
      return;
    }
    this.#filters = last ? 'done' : 'resting';
    if (last) this.finish(output);
    else this.passOn(output);
  }

  async #visit(chunk: Uint8Array, last: boolean): Promise<Uint8Array> {
    const { links } = this.#visits;
    const specs = links.map((_, index) => this.#chain.specs[this.#visits.placeOf(index)]!);
    const result = await visit(this.#setting, specs, this.#visits.message(chunk, last), links, null);
    if (result.response !== null && !this.isOver) this.#endWith(result, result.response);
    return this.#visits.take(chunk, result);
  }

  /** A request filter answers. The upstream is not to take what it got for whole; has it answered before, it is too late. */
  #endWith({ respondedBy }: PhaseResult, response: FilterResponse): void {
    const { exchange } = this.#setting;
    const stopped = new GatewayError(
      'SLUICE_FILTER_STOPPED',
      'a filter answered before the request was whole',
    );
    if (exchange.response === null) {
      this.#answeredBy = this.#visits.placeOf(respondedBy);
      takeAnswer(exchange, this.#chain.specs[this.#answeredBy]!.name, response);
      this.breakOff(stopped);
    } else this.#break(stopped);
  }

  /** The filters end it. */
  #break(error: GatewayError): void {
    if (this.isOver) return;
    const { exchange } = this.#setting;
    // Where the response is on its way, be it this one, nobody else tells of the error.
    if (exchange.response !== null) exchange.error ??= error;
    this.breakOff(error);
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
}
