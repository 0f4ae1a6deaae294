// A body on its way to the client with an eye on it: what may become a secret is held back until it is known not to be one,
// a few bytes as a rule, never the body.
import type { EgressGuard } from '../egress.js';
import { GatewayError } from '../errors.js';
import type { Body } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import type { SecretScan, SecretScanner } from '../secrets/secret-scanner.js';
import { DerivedBody } from './derived-body.js';

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

/** Takes secrets out of the values of fields; `found` may throw. */
export function scanFields(
  { flat }: HeaderList,
  scanner: SecretScanner,
  found: (secret: string, name: string) => void,
): void {
  for (let i = 1; i < flat.length; i += 2) {
    const bytes = Buffer.from(flat[i]!, 'latin1');
    const redacted = scanner.redact(bytes, (secret) => found(secret, flat[i - 1]!));
    if (redacted !== bytes) flat[i] = Buffer.from(redacted).toString('latin1');
  }
}

/** A body that goes its way unseen, with an eye on the fields after it. */
export class ScannedTrailers extends DerivedBody {
  readonly length: number | null;
  readonly #guard: EgressGuard;
  readonly #listener: ScanListener;

  constructor(source: Body, guard: EgressGuard, listener: ScanListener) {
    super(source);
    this.length = source.length;
    this.#guard = guard;
    this.#listener = listener;
  }

  protected override received(bytes: Uint8Array): void {
    this.passOn(bytes);
  }

  protected override receivedLent(bytes: Uint8Array): void {
    this.passOnLent(bytes);
  }

  protected override sourceEnded(): void {
    const { scanner, mode } = this.#guard;
    let caught: string | null = null;
    if (this.trailers !== null) {
      scanFields(this.trailers, scanner, (secret) => {
        this.#listener.found(secret);
        caught ??= secret;
      });
    }
    if (caught === null || mode !== 'block') {
      this.finish();
      return;
    }
    const error = withheld('a trailer', caught);
    this.#listener.broken(error);
    this.breakOff(error);
  }
}

export class ScannedBody extends DerivedBody {
  /** Whole or not at all is as long as it was; with something else in place of secrets it is not. */
  readonly length: number | null;
  readonly #listener: ScanListener;
  readonly #mode: EgressGuard['mode'];
  readonly #scanner: SecretScanner;
  readonly #scan: SecretScan;
  #secret: string | null = null;

  constructor(source: Body, { mode, scanner }: EgressGuard, listener: ScanListener) {
    super(source);
    this.#listener = listener;
    this.length = mode === 'block' ? source.length : null;
    this.#mode = mode;
    this.#scanner = scanner;
    this.#scan = scanner.begin((secret) => this.#found(secret));
  }

  protected override received(bytes: Uint8Array): void {
    const free = this.#scan.take(bytes);
    if (this.#secret === null) this.passOn(free);
    else this.#withhold(this.#secret);
  }

  /** Of what the scan holds back it has a copy. */
  protected override receivedLent(bytes: Uint8Array): void {
    const free = this.#scan.take(bytes);
    if (this.#secret === null) this.passOnLent(free);
    else this.#withhold(this.#secret);
  }

  protected override sourceEnded(): void {
    if (this.#mode === 'redact') this.dropDigests();
    if (this.trailers !== null) scanFields(this.trailers, this.#scanner, (secret) => this.#found(secret));
    if (this.#secret === null) this.finish(this.#scan.end());
    else this.#withhold(this.#secret);
  }

  #found(secret: string): void {
    if (this.#mode === 'block') this.#secret ??= secret;
    this.#listener.found(secret);
  }

  #withhold(secret: string): void {
    const error = withheld('the body', secret);
    this.#listener.broken(error);
    this.breakOff(error);
  }
}
