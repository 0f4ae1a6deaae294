// Responses for fuzzing, from a seed: some in order, most with something odd, and then damaged at random.
import { CODINGS, CONNECTIONS, EXTENSIONS, FIELDS, LENGTHS, SIZES, TRAILERS } from './fuzz/http1-oddities.js';
import { Random } from './fuzz/random.js';

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
  readonly #random: Random;
  #sound = true;

  /** @param seed the same one gives the same responses */
  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    return this.#random.below(limit);
  }

  next(): FuzzCase {
    this.#sound = true;
    const method = this.#random.pick(METHODS);
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
    const tail = this.#random.oneIn(12) ? this.#random.pick(TAILS) : '';
    let text = this.#informational() + head + wire + tail;
    if (this.#random.oneIn(2)) text = this.#damage(text);
    return { method, bytes: Buffer.from(text, 'latin1'), sound: this.#sound, body: bodiless ? '' : payload };
  }

  #head(status: string, framing: string[]): string {
    const fields = [...framing];
    for (let i = this.below(4); i > 0; i--)
      fields.splice(this.below(fields.length + 1), 0, this.#usually(FIELDS.slice(0, 4), FIELDS));
    if (this.#random.oneIn(3))
      fields.push(`Connection: ${this.#usually(['close', 'keep-alive'], CONNECTIONS)}`);
    if (this.#random.oneIn(14)) this.#odd(fields, `content-length: ${this.#random.pick(LENGTHS)}`);
    if (this.#random.oneIn(14)) this.#odd(fields, `transfer-encoding: ${this.#random.pick(CODINGS)}`);
    const line = `${this.#usually(['HTTP/1.1'], VERSIONS)} ${status}${this.#usually([' OK', ''], REASONS)}`;
    return [line, ...fields, '', ''].join('\r\n');
  }

  /** Beside the framing that is there, or in its place. */
  #odd(fields: string[], field: string): void {
    this.#sound = false;
    fields.splice(this.below(fields.length + 1), this.below(2), field);
  }

  #informational(): string {
    if (!this.#random.oneIn(10)) return '';
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
    const trailer = this.#random.oneIn(6) ? `${this.#usually(['X-T: 1', 'x-t:'], TRAILERS)}\r\n` : '';
    return `${wire}0${this.#extension()}\r\n${trailer}\r\n`;
  }

  #size(size: number): string {
    if (this.#random.oneIn(40)) {
      this.#sound = false;
      return this.#random.pick(SIZES);
    }
    const digits = size.toString(16);
    return this.#random.oneIn(4) ? digits.toUpperCase().padStart(1 + this.below(8), '0') : digits;
  }

  #extension(): string {
    return this.#random.oneIn(8) ? this.#usually(EXTENSIONS.slice(0, 5), EXTENSIONS) : '';
  }

  #payload(): string {
    let text = '';
    for (let i = this.below(4); i > 0; i--)
      text += this.#random.oneIn(3) ? this.#random.pick(BYTES) : 'payload '.repeat(this.below(4));
    return text;
  }

  #damage(text: string): string {
    this.#sound = false;
    let damaged = text;
    for (let i = 1 + this.below(3); i > 0; i--) {
      const at = this.below(damaged.length + 1);
      const to = at + this.below(6);
      const kinds = [
        () => damaged.slice(0, at) + this.#random.pick(BYTES) + damaged.slice(at + 1),
        () => damaged.slice(0, at) + this.#random.pick(BYTES) + damaged.slice(at),
        () => damaged.slice(0, at) + damaged.slice(to),
        () => damaged.slice(0, to) + damaged.slice(at),
        () => damaged.slice(0, at),
        () => damaged.slice(0, at) + String.fromCharCode(this.below(256)) + damaged.slice(at + 1),
        () => damaged.slice(0, at) + damaged.slice(at).replace('\r\n', '\n'),
      ];
      damaged = this.#random.pick(kinds)();
    }
    return damaged;
  }

  /** One of `all` now and then: it may be odd. */
  #usually(common: readonly string[], all: readonly string[]): string {
    if (!this.#random.oneIn(10)) return this.#random.pick(common);
    this.#sound = false;
    return this.#random.pick(all);
  }
}
