// What is wrong with a certificate, a key or a list, for whoever wrote where it stands.

export type TlsPart = 'cert' | 'key' | 'passphrase' | 'serverNames' | 'ca' | 'crl';

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
