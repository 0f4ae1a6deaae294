// The body of a request on its way in through a stream of Node.
import { GatewayError } from '../../errors.js';
import type { BodyConsumer, Exchange } from '../../exchange.js';
import { HeaderList } from '../../headers.js';
import { HeldUpload } from '../held-upload.js';
import { trailerProblem } from '../request-checks.js';
import type { NodeWire } from './wire.js';

const NOTHING = new Uint8Array(0);

export class NodeUpload extends HeldUpload {
  readonly #wire: NodeWire;
  #asked = false;

  constructor(exchange: Exchange, wire: NodeWire, length: number | null) {
    super(exchange, length);
    this.#wire = wire;
    wire.input.on('data', (bytes: Buffer) => this.take(bytes, false, false));
    wire.input.on('end', () => this.#end());
  }

  /** True when the client waits to be told to send. */
  get unasked(): boolean {
    return this.#wire.awaitsContinue && !this.#asked;
  }

  override read(consumer: BodyConsumer): void {
    if (this.unasked && this.unfinished) {
      this.#asked = true;
      this.#wire.sendContinue();
    }
    super.read(consumer);
  }

  /** Trailers of the request, before the stream ends. */
  setTrailers(flat: string[]): void {
    const problem = trailerProblem(flat);
    if (problem !== null) this.fail(new GatewayError('SLUICE_LISTEN_MALFORMED', problem));
    else if (flat.length > 0) this.keepTrailers(new HeaderList(flat));
  }

  protected override pauseSource(): void {
    this.#wire.input.pause();
  }

  protected override resumeSource(): void {
    this.#wire.input.resume();
  }

  #end(): void {
    // A stream also ends when it is cut.
    if (this.length !== null && this.remaining > 0) {
      this.fail(new GatewayError('SLUICE_LISTEN_ABORTED', 'the body ended before its length'));
    }
    this.take(NOTHING, false, true);
  }
}
