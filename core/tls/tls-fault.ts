// What is wrong with a certificate, a key or a list, for whoever wrote where it stands.

/** The keys of a configuration that such things stand under. */
export type TlsPart = 'cert' | 'key' | 'passphrase' | 'serverNames' | 'ca' | 'crl';

/** Made an error with a place by who knows the configuration. */
export class TlsFault extends Error {
  /** Which of the things that were given. */
  readonly part: TlsPart;
  /** Both finish a sentence: "found …, expected …". Nothing of a key stands in them. */
  readonly found: string;
  readonly expected: string;

  constructor(part: TlsPart, found: string, expected: string) {
    super(`found ${found}, expected ${expected}`);
    this.part = part;
    this.found = found;
    this.expected = expected;
  }
}
