// A body that is made of another while that one flows. What becomes of its chunks is for a subclass to say; the flow
// between the source and the reader is here.
import { copyOf } from '../chunk-pool.js';
import type { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, lend } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import { dropBodyFields } from '../wasm/edits.js';

const NOTHING = new Uint8Array(0);

type State =
  /** Nobody has asked for a byte yet. */
  | 'idle'
  /** The source is being read. */
  | 'flowing'
  /** The source has ended; the subclass may still have something to pass on. */
  | 'ended'
  /** All has been passed on, and the reader has not heard the end. */
  | 'finished'
  /** The reader has heard the last, or there is nobody to hear more. */
  | 'over';

/**
 * Stands between a source and its reader.
 *
 *     source --chunk--> received() - - - - -> passOn() --chunk--> reader
 *            --end----> sourceEnded() - - - > finish() --end---->
 *
 *     idle --read, first--> flowing --end--> ended --finish--> finished --all taken--> over
 *       any of them --cancel, fail, breakOff--> over
 *
 * A subclass answers `received` with `passOn`, at once or later, as often as it likes or never; `sourceEnded` with one
 * `finish`; and either with `breakOff` when there is to be no more. What is passed on waits here while the reader is paused
 * or not there yet; the end waits as well. As long as that is so the source is paused, unless the subclass has a limit of
 * its own and overrides `readerStopped` and `readerReady`. Calls that come when it is over do nothing, so a subclass that
 * answers later need not ask first.
 */
export abstract class DerivedBody implements Body, BodyConsumer {
  abstract readonly length: number | null;
  /** What follows the source, once that has ended, and what follows this body. */
  protected trailers: HeaderList | null = null;
  readonly #source: Body;
  #state: State = 'idle';
  #consumer: BodyConsumer | null = null;
  /** What was passed on and the reader has not taken. */
  #waiting: Uint8Array[] = [];
  #paused = false;
  #sourcePaused = false;
  #failure: GatewayError | null = null;
  #onFirst: ((failure: GatewayError | null) => void) | null = null;

  constructor(source: Body) {
    this.#source = source;
  }

  /**
   * Starts the flow and waits until the first bytes are passed on, or the end, so that a body which fails before does so
   * while the head has not left.
   * @throws GatewayError that the body failed with, or was cancelled with
   */
  first(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onFirst = (failure) => (failure === null ? resolve() : reject(failure));
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
    this.#deliver();
  }

  pause(): void {
    this.#paused = true;
    this.readerStopped();
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  cancel(reason: GatewayError): void {
    if (this.isOver) return;
    this.#abandon();
    this.#source.cancel(reason);
    this.#endFirst(reason);
  }

  // What the source calls.

  chunk(bytes: Uint8Array): void {
    if (!this.isOver) this.received(bytes);
  }

  lentChunk(bytes: Uint8Array): void {
    if (!this.isOver) this.receivedLent(bytes);
  }

  end(trailers?: HeaderList): void {
    if (this.isOver) return;
    this.#state = 'ended';
    this.trailers = trailers ?? null;
    this.sourceEnded();
  }

  fail(error: GatewayError): void {
    if (this.isOver) return;
    this.#failure = error;
    this.#abandon();
    this.#endFirst(error);
    this.#consumer?.fail(error);
  }

  // What a subclass says.

  /** A chunk of the source has come. */
  protected abstract received(bytes: Uint8Array): void;

  /** One of lent memory. For a subclass that is through with it when this returns: answered with `passOnLent`. */
  protected receivedLent(bytes: Uint8Array): void {
    this.received(copyOf(bytes));
  }

  /** No chunk comes any more: `finish` is due, now or when the rest is passed on. */
  protected abstract sourceEnded(): void;

  /** The reader has asked for a pause. */
  protected readerStopped(): void {
    this.holdSource();
  }

  /** The reader has taken all that was passed on and is not paused, or nothing was passed on yet. */
  protected readerReady(): void {
    this.releaseSource();
  }

  /** Over before the end was passed on: what the subclass holds is for nobody. */
  protected abandoned(): void {}

  // What a subclass calls.

  /** For the reader; none of it when it is empty. */
  protected passOn(bytes: Uint8Array): void {
    this.#passOn(bytes, false);
  }

  /** The same with bytes of lent memory. */
  protected passOnLent(bytes: Uint8Array): void {
    this.#passOn(bytes, true);
  }

  /** @param last for the reader before the end */
  protected finish(last: Uint8Array = NOTHING): void {
    if (this.isOver) return;
    if (last.byteLength > 0) this.#waiting.push(last);
    this.#state = 'finished';
    this.#endFirst(null);
    this.#deliver();
  }

  /** The body ends here: the source is cancelled, the reader hears of the error. */
  protected breakOff(error: GatewayError): void {
    if (this.isOver) return;
    this.#source.cancel(error);
    this.fail(error);
  }

  /** The reader has heard the last, or there is nobody to hear more. */
  protected get isOver(): boolean {
    return this.#state === 'over';
  }

  /** `sourceEnded` was called. */
  protected get hasSourceEnded(): boolean {
    return this.#state === 'ended' || this.#state === 'finished';
  }

  /** The reader does not want any more now. */
  protected get isPaused(): boolean {
    return this.#paused;
  }

  /** Something was passed on that the reader has not taken. */
  protected get isHeldUp(): boolean {
    return this.#waiting.length > 0;
  }

  /** Of what follows the source, nothing is passed on that describes its bytes: they are others now. */
  protected dropDigests(): void {
    if (this.trailers !== null) dropBodyFields(this.trailers);
  }

  protected holdSource(): void {
    if (this.#sourcePaused) return;
    this.#sourcePaused = true;
    this.#source.pause();
  }

  protected releaseSource(): void {
    if (!this.#sourcePaused) return;
    this.#sourcePaused = false;
    this.#source.resume();
  }

  #passOn(bytes: Uint8Array, isLent: boolean): void {
    if (this.isOver) return;
    if (bytes.byteLength > 0) {
      this.#endFirst(null);
      const consumer = this.#consumer;
      if (consumer === null || this.#paused || this.isHeldUp) {
        this.#waiting.push(isLent ? copyOf(bytes) : bytes);
        if (consumer === null) this.readerStopped();
      } else if (isLent) lend(consumer, bytes);
      else consumer.chunk(bytes);
    }
    this.#deliver();
  }

  #start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'flowing';
    this.#source.read(this);
  }

  #deliver(): void {
    const consumer = this.#consumer;
    if (consumer !== null) {
      while (!this.isOver && !this.#paused && this.isHeldUp) consumer.chunk(this.#waiting.shift()!);
    }
    // It may have paused or cancelled meanwhile.
    if (this.isOver || this.#paused || this.isHeldUp) return;
    if (this.#state !== 'finished') this.readerReady();
    else if (consumer !== null) {
      this.#state = 'over';
      consumer.end(this.trailers ?? undefined);
    }
  }

  #abandon(): void {
    this.#state = 'over';
    this.#waiting = [];
    this.abandoned();
  }

  #endFirst(failure: GatewayError | null): void {
    this.#onFirst?.(failure);
    this.#onFirst = null;
  }
}
