// llhttp, the parser of Node, as undici compiles it: what a response means to it. undici's copy and not that of
// node:http, because it shows each decision and reads a million responses in a minute.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const ERROR_OK = 0;
const ERROR_PAUSED = 21;
const TYPE_RESPONSE = 2;
const SKIP_BODY = 1;
const MAX_INPUT_BYTES = 64 * 1024;

interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  llhttp_alloc(type: number): number;
  llhttp_reset(parser: number): void;
  llhttp_resume(parser: number): void;
  llhttp_execute(parser: number, data: number, length: number): number;
  llhttp_finish(parser: number): number;
  llhttp_get_error_pos(parser: number): number;
}

/** What a reader made of one response. */
export interface Reading {
  /** `partial`: nothing was wrong with it, but it is not whole. */
  verdict: 'complete' | 'partial' | 'refused';
  /** 0 when no final head was read. */
  status: number;
  /** `[name, value, …]`, names lower case, values without white space at their ends. */
  fields: string[];
  body: string;
  /** Bytes that belong to the response, when it is complete. */
  bytes: number;
  /** The connection may be used again. */
  reusable: boolean;
}

export class Llhttp {
  readonly #exports: Exports;
  readonly #parser: number;
  readonly #input: number;
  #isHead = false;
  #fields: string[] = [];
  #reading: Reading = emptyReading();

  constructor() {
    const bytes = createRequire(import.meta.url)(
      'undici/lib/llhttp/llhttp-wasm.js',
    ) as Uint8Array<ArrayBuffer>;
    const text = (at: number, length: number): string =>
      Buffer.from(this.#exports.memory.buffer, at, length).toString('latin1');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: {
        wasm_on_message_begin: () => ERROR_OK,
        wasm_on_url: () => ERROR_OK,
        wasm_on_status: () => ERROR_OK,
        wasm_on_header_field: (_: number, at: number, length: number) => this.#onField(text(at, length)),
        wasm_on_header_value: (_: number, at: number, length: number) => this.#onValue(text(at, length)),
        wasm_on_headers_complete: (_: number, status: number, upgrade: number, keepAlive: number) =>
          this.#onHead(status, upgrade === 1, keepAlive === 1),
        wasm_on_body: (_: number, at: number, length: number) => {
          this.#reading.body += text(at, length);
          return ERROR_OK;
        },
        wasm_on_message_complete: () => this.#onComplete(),
      },
    });
    this.#exports = exports as unknown as Exports;
    this.#exports._initialize();
    this.#parser = this.#exports.llhttp_alloc(TYPE_RESPONSE);
    this.#input = this.#exports.malloc(MAX_INPUT_BYTES);
  }

  /** Reads one response from a connection that ends after `bytes`. */
  read(bytes: Buffer, method: string): Reading {
    assert.ok(bytes.byteLength <= MAX_INPUT_BYTES);
    const { memory, llhttp_execute, llhttp_finish, llhttp_reset, llhttp_get_error_pos } = this.#exports;
    this.#isHead = method === 'HEAD';
    this.#fields = [];
    this.#reading = emptyReading();
    llhttp_reset(this.#parser);
    new Uint8Array(memory.buffer, this.#input, bytes.byteLength).set(bytes);
    const error = llhttp_execute(this.#parser, this.#input, bytes.byteLength);
    const reading = this.#reading;
    if (error === ERROR_PAUSED) reading.bytes = llhttp_get_error_pos(this.#parser) - this.#input;
    else if (error !== ERROR_OK) reading.verdict = 'refused';
    else {
      // Says what the end of the connection makes of it: `#onComplete` when it ends the body.
      llhttp_finish(this.#parser);
      reading.bytes = bytes.byteLength;
    }
    return reading;
  }

  #onField(name: string): number {
    if (this.#fields.length % 2 === 0) this.#fields.push(name);
    else this.#fields[this.#fields.length - 1] += name;
    return ERROR_OK;
  }

  #onValue(value: string): number {
    if (this.#fields.length % 2 === 1) this.#fields.push(value);
    else this.#fields[this.#fields.length - 1] += value;
    return ERROR_OK;
  }

  #onHead(status: number, upgrade: boolean, keepAlive: boolean): number {
    const fields = this.#fields;
    this.#fields = [];
    if (upgrade) return -1;
    if (status < 200) return SKIP_BODY;
    this.#reading.status = status;
    this.#reading.reusable = keepAlive;
    this.#reading.fields = fields.map((text, i) =>
      i % 2 === 0 ? text.toLowerCase() : text.replace(/^[ \t]+|[ \t]+$/g, ''),
    );
    return this.#isHead ? SKIP_BODY : ERROR_OK;
  }

  #onComplete(): number {
    // One of an informational response.
    if (this.#reading.status === 0) return ERROR_OK;
    this.#reading.verdict = 'complete';
    return ERROR_PAUSED;
  }
}

export function emptyReading(): Reading {
  return { verdict: 'partial', status: 0, fields: [], body: '', bytes: 0, reusable: false };
}
