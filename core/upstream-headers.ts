// Headers that the operator sets on every request to one upstream, secrets in place.
import type { HeaderList } from './headers.js';

export class UpstreamHeaders {
  // Private, so that whoever prints a route does not print the secrets in it.
  readonly #flat: readonly string[];

  /** @param flat `[name, value, …]`, names in lower case */
  constructor(flat: readonly string[]) {
    this.#flat = flat;
  }

  /** True for the name (lower case) of one of them. */
  has(name: string): boolean {
    const flat = this.#flat;
    for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return true;
    return false;
  }

  /** Sets them on a request that is about to leave, in place of what is there. */
  applyTo(headers: HeaderList): void {
    const flat = this.#flat;
    for (let i = 0; i < flat.length; i += 2) headers.set(flat[i]!, flat[i + 1]!);
  }
}
