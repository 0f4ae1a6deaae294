// Responses for fuzzing, from a seed: some in order, most with something odd, and then damaged at random.

const STATUSES = [
  '200',
  '204',
  '304',
  '404',
  '503',
  '100',
  '102',
  '103',
  '101',
  '999',
  '099',
  '20',
  '2000',
  '2 0',
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'http/1.1', 'HTTP/11', 'ICY'];
const REASONS = [' OK', '', ' ', ' Not \xe9 Found', '  x\ty', ' a\x00b', ' a\rb', 'OK'];
const LENGTHS = [
  '+5',
  '-5',
  '5,5',
  '05',
  '0x5',
  '5.0',
  '5 5',
  '',
  ' 5 ',
  '99999999999999999999',
  '4294967296',
  '5\x0b',
];
const CODINGS = [
  'Chunked',
  'chunked ',
  'gzip, chunked',
  'chunked, gzip',
  'identity',
  'xchunked',
  'chunked, chunked',
  '',
];
const CONNECTIONS = [
  'close',
  'keep-alive',
  'Keep-Alive, X-A',
  'close, keep-alive',
  'upgrade',
  'CLOSE',
  ',',
  '',
];
const FIELDS = [
  ...['X-A: 1', 'x-a:', 'X-Latin: caf\xe9 \t', 'Set-Cookie: a=b; c', 'keep-alive: timeout=5', 'Upgrade: h2c'],
  ...[
    'x-b : 1',
    ' x: 1',
    'x: a\r\n b',
    ': 1',
    'x y: 1',
    'x',
    'x: a\rb',
    'x: a\nb',
    'x: a\0b',
    'x\xe9: 1',
    'x: \x7f',
  ],
  ...['Trailer: x-t', 'TE: trailers', 'Proxy-Connection: close', 'x: \tb\t', "!#$%&'*+-.^_`|~0: z"],
];
const EXTENSIONS = [
  ';a',
  ';a=b',
  ';a="b c"',
  ';a="\\""',
  ';a;b=c',
  '; a=b',
  ' ;a',
  ';',
  ';a=',
  ' ',
  ';a="b',
  ';=b',
  ';a="\x01"',
];
const SIZES = [
  '',
  'g',
  '0x5',
  '+5',
  '-1',
  'ffffffffffffffff',
  '10000000000000000',
  ' 5',
  '5 ',
  '00000000000000005',
];
const TRAILERS = [
  'X-T: 1',
  'x',
  'content-length: 3',
  'Transfer-Encoding: chunked',
  'x : 1',
  ' x: 1',
  'x: \0',
  'Host: a',
];
const TAILS = ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', '\r\n', 'x', '\0\0\0', '0\r\n\r\n'];
const BYTES = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  '\0',
  ';',
  ',',
  '0',
  '1',
  'f',
  'G',
  '\x7f',
  '\x80',
  '\xff',
  '"',
  '=',
];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD'];

export interface FuzzCase {
  readonly method: string;
  readonly bytes: Buffer;
  /** Nothing in it is odd or damaged: it must be accepted. */
  readonly sound: boolean;
  /** The body that a sound response carries. */
  readonly body: string;
}

export class ResponseCorpus {
  #state: number;
  #sound = true;

  /** @param seed the same one gives the same responses */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    // Mulberry32, by Tommy Ettinger, in the public domain.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  next(): FuzzCase {
    this.#sound = true;
    const method = this.#pick(METHODS);
    const payload = this.#payload();
    const framing = this.below(3);
    const status = this.#usually(['200', '404', '503'], STATUSES);
    const fields =
      framing === 0
        ? [`Content-Length: ${payload.length}`]
        : framing === 1
          ? ['Transfer-Encoding: chunked']
          : [];
    const head = this.#head(status, fields);
    const bodiless = method === 'HEAD';
    const wire = bodiless ? '' : framing === 1 ? this.#chunked(payload) : payload;
    const tail = this.#sometimes(12) ? this.#pick(TAILS) : '';
    let text = this.#informational() + head + wire + tail;
    if (this.#sometimes(2)) text = this.#damage(text);
    return { method, bytes: Buffer.from(text, 'latin1'), sound: this.#sound, body: bodiless ? '' : payload };
  }

  #head(status: string, framing: string[]): string {
    const fields = [...framing];
    for (let i = this.below(4); i > 0; i--)
      fields.splice(this.below(fields.length + 1), 0, this.#usually(FIELDS.slice(0, 4), FIELDS));
    if (this.#sometimes(3)) fields.push(`Connection: ${this.#usually(['close', 'keep-alive'], CONNECTIONS)}`);
    if (this.#sometimes(14)) this.#odd(fields, `content-length: ${this.#pick(LENGTHS)}`);
    if (this.#sometimes(14)) this.#odd(fields, `transfer-encoding: ${this.#pick(CODINGS)}`);
    const line = `${this.#usually(['HTTP/1.1'], VERSIONS)} ${status}${this.#usually([' OK', ''], REASONS)}`;
    return [line, ...fields, '', ''].join('\r\n');
  }

  /** Beside the framing that is there, or in its place. */
  #odd(fields: string[], field: string): void {
    this.#sound = false;
    fields.splice(this.below(fields.length + 1), this.below(2), field);
  }

  #informational(): string {
    if (!this.#sometimes(10)) return '';
    return this.#usually(
      ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n'],
      [
        ...[
          'HTTP/1.1 102 x\r\ncontent-length: 5\r\n\r\n',
          'HTTP/1.0 103 x\r\n\r\n',
          'HTTP/1.1 101 x\r\n\r\n',
        ],
      ],
    );
  }

  #chunked(payload: string): string {
    let wire = '';
    let at = 0;
    while (at < payload.length) {
      const size = 1 + this.below(payload.length - at);
      wire += `${this.#size(size)}${this.#extension()}\r\n${payload.slice(at, at + size)}\r\n`;
      at += size;
    }
    const trailer = this.#sometimes(6) ? `${this.#usually(['X-T: 1', 'x-t:'], TRAILERS)}\r\n` : '';
    return `${wire}0${this.#extension()}\r\n${trailer}\r\n`;
  }

  #size(size: number): string {
    if (this.#sometimes(40)) {
      this.#sound = false;
      return this.#pick(SIZES);
    }
    const digits = size.toString(16);
    return this.#sometimes(4) ? digits.toUpperCase().padStart(1 + this.below(8), '0') : digits;
  }

  #extension(): string {
    return this.#sometimes(8) ? this.#usually(EXTENSIONS.slice(0, 5), EXTENSIONS) : '';
  }

  #payload(): string {
    let text = '';
    for (let i = this.below(4); i > 0; i--)
      text += this.#sometimes(3) ? this.#pick(BYTES) : 'payload '.repeat(this.below(4));
    return text;
  }

  #damage(text: string): string {
    this.#sound = false;
    let damaged = text;
    for (let i = 1 + this.below(3); i > 0; i--) {
      const at = this.below(damaged.length + 1);
      const to = at + this.below(6);
      const kinds = [
        () => damaged.slice(0, at) + this.#pick(BYTES) + damaged.slice(at + 1),
        () => damaged.slice(0, at) + this.#pick(BYTES) + damaged.slice(at),
        () => damaged.slice(0, at) + damaged.slice(to),
        () => damaged.slice(0, to) + damaged.slice(at),
        () => damaged.slice(0, at),
        () => damaged.slice(0, at) + String.fromCharCode(this.below(256)) + damaged.slice(at + 1),
        () => damaged.slice(0, at) + damaged.slice(at).replace('\r\n', '\n'),
      ];
      damaged = this.#pick(kinds)();
    }
    return damaged;
  }

  /** One of `all` now and then: it may be odd. */
  #usually(common: readonly string[], all: readonly string[]): string {
    if (!this.#sometimes(10)) return this.#pick(common);
    this.#sound = false;
    return this.#pick(all);
  }

  #sometimes(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}
