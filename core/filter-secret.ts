// A secret that a filter was granted, as the gateway's thread keeps it for the headers it is put into.
import { GatewayError } from './errors.js';
import { isFieldValue } from './headers.js';

export class FilterSecret {
  /** Name of the filter. */
  readonly filter: string;
  /** What the filter calls it. */
  readonly name: string;
  // Private, so that whoever prints a route does not print it. Null when it cannot stand in a header.
  readonly #fieldValue: string | null;

  constructor(filter: string, name: string, value: string) {
    const bytes = Buffer.from(value, 'utf8').toString('latin1');
    this.filter = filter;
    this.name = name;
    this.#fieldValue = isFieldValue(bytes) ? bytes : null;
  }

  /**
   * The value as it stands in a header: one character for each byte of its UTF-8.
   * @throws GatewayError SLUICE_FILTER_TRAP when it holds a control character, as only one may that is there to be read or
   * signed with
   */
  fieldValue(): string {
    if (this.#fieldValue !== null) return this.#fieldValue;
    throw new GatewayError(
      'SLUICE_FILTER_TRAP',
      `filter ${this.filter} puts the secret ${this.name} into a header, but its value holds a control character`,
      { filter: this.filter },
    );
  }
}
