// A body on its way to the client with an eye on it: what may become a secret is held back until it is known not to be one,
// a few bytes as a rule, never the body.
import type { EgressGuard } from '../egress.js';
import { GatewayError } from '../errors.js';
import type { Body } from '../exchange.js';
import type { SecretScan } from '../secrets/secret-scanner.js';
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

export class ScannedBody extends DerivedBody {
  /** Whole or not at all is as long as it was; with something else in place of secrets it is not. */
  readonly length: number | null;
  readonly #listener: ScanListener;
  readonly #scan: SecretScan;
  #secret: string | null = null;

  constructor(source: Body, { mode, scanner }: EgressGuard, listener: ScanListener) {
    super(source);
    this.#listener = listener;
    this.length = mode === 'block' ? source.length : null;
    this.#scan = scanner.begin((secret) => {
      if (mode === 'block') this.#secret ??= secret;
      listener.found(secret);
    });
  }

  protected override received(bytes: Uint8Array): void {
    const free = this.#scan.take(bytes);
    if (this.#secret === null) this.passOn(free);
    else this.#withhold(this.#secret);
  }

  protected override sourceEnded(): void {
    this.finish(this.#scan.end());
  }

  #withhold(secret: string): void {
    const error = withheld('the body', secret);
    this.#listener.broken(error);
    this.breakOff(error);
  }
}
