// What a guest may call: the host side of the imports. One host per instance; it offers just the functions of
// the capabilities that were granted.
import {
  IMPORT_ABORT,
  IMPORT_LOG,
  IMPORT_SCHEMA_CHECK,
  IMPORT_SCHEMA_COMPILE,
  IMPORT_SCHEMA_MESSAGE,
  LOG_ERROR,
  SCHEMA_MISMATCH,
  SCHEMA_NOT_JSON,
  SCHEMA_VALID,
} from '../../sdk/abi/abi.js';
import type { Capability } from './manifest.js';
import type { CompiledSchema, SchemaStore } from './schema-store.js';

/** Thrown through a guest by its `abort`, and by the host when a guest passes an address it does not own. */
export class GuestAbort extends Error {
  override readonly name = 'GuestAbort';
}

/** Most bytes of one log line, and most lines of one call. What goes beyond is cut and counted. */
const MOST_LOG_BYTES = 8192;
const MOST_LOG_LINES = 64;
/** Most schemas of one filter. */
const MOST_SCHEMAS = 1024;

const utf16 = new TextDecoder('utf-16le');
const utf8 = new TextDecoder('utf-8');
const encoder = new TextEncoder();

export interface GuestLogLine {
  readonly level: number;
  readonly text: string;
}

export class GuestHost {
  readonly #memory: WebAssembly.Memory;
  readonly #store: SchemaStore;
  readonly #filterId: number;
  readonly #schemas: CompiledSchema[] = [];
  #message: Uint8Array = new Uint8Array(0);
  #configuring = true;
  #dropped = 0;
  /** Lines of the current call; whoever called takes them away. */
  lines: GuestLogLine[] = [];

  constructor(memory: WebAssembly.Memory, store: SchemaStore, filterId: number) {
    this.#memory = memory;
    this.#store = store;
    this.#filterId = filterId;
  }

  /** After `configure` no more schemas can be added. */
  endConfigure(): void {
    this.#configuring = false;
  }

  /** Lines written since the last call of this method. */
  takeLines(): GuestLogLine[] {
    if (this.lines.length === 0) return this.lines;
    const lines = this.lines;
    if (this.#dropped > 0)
      lines.push({ level: LOG_ERROR, text: `${this.#dropped} more log lines were dropped` });
    this.lines = [];
    this.#dropped = 0;
    return lines;
  }

  /** Functions for the import module of the ABI. */
  functions(granted: readonly Capability[]): Record<string, unknown> {
    const functions: Record<string, unknown> = { [IMPORT_ABORT]: this.#abort };
    if (granted.includes('log')) functions[IMPORT_LOG] = this.#log;
    if (granted.includes('schemas')) {
      functions[IMPORT_SCHEMA_COMPILE] = this.#schemaCompile;
      functions[IMPORT_SCHEMA_CHECK] = this.#schemaCheck;
      functions[IMPORT_SCHEMA_MESSAGE] = this.#schemaMessage;
    }
    return functions;
  }

  readonly #abort = (
    message: number,
    messageLength: number,
    file: number,
    fileLength: number,
    line: number,
    column: number,
  ): never => {
    const text = utf16.decode(this.#bytes(message, Math.min(messageLength >>> 0, MOST_LOG_BYTES)));
    const place = utf16.decode(this.#bytes(file, Math.min(fileLength >>> 0, MOST_LOG_BYTES)));
    throw new GuestAbort(`${text || 'abort'} at ${place}:${line >>> 0}:${column >>> 0}`);
  };

  readonly #log = (level: number, address: number, length: number): void => {
    if (this.lines.length >= MOST_LOG_LINES) {
      this.#dropped += 1;
      return;
    }
    const text = utf8.decode(this.#bytes(address, Math.min(length >>> 0, MOST_LOG_BYTES)));
    this.lines.push({ level: Math.min(level >>> 0, LOG_ERROR), text });
  };

  readonly #schemaCompile = (address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('schemas are compiled in configure only');
    if (this.#schemas.length >= MOST_SCHEMAS) throw new GuestAbort(`more than ${MOST_SCHEMAS} schemas`);
    try {
      this.#schemas.push(this.#store.compile(utf8.decode(this.#bytes(address, length)), this.#filterId));
      return this.#schemas.length - 1;
    } catch (cause) {
      if (cause instanceof GuestAbort) throw cause;
      this.#message = encoder.encode((cause as Error).message || 'not a JSON Schema');
      return -this.#message.byteLength;
    }
  };

  readonly #schemaCheck = (id: number, address: number, length: number): number => {
    const schema = this.#schemas[id];
    if (schema === undefined) throw new GuestAbort(`schema ${id} does not exist`);
    const verdict = schema.check(this.#bytes(address, length));
    if (verdict.kind === 'valid') return SCHEMA_VALID;
    if (verdict.kind === 'not-json') return SCHEMA_NOT_JSON;
    this.#message = encoder.encode(verdict.findings);
    return SCHEMA_MISMATCH;
  };

  readonly #schemaMessage = (address: number, capacity: number): number => {
    const copied = this.#message.subarray(0, capacity >>> 0);
    this.#bytes(address, copied.byteLength).set(copied);
    return this.#message.byteLength;
  };

  /** A view of guest memory; throws through the guest when it reaches beyond the end. */
  #bytes(address: number, length: number): Uint8Array {
    const start = address >>> 0;
    const size = length >>> 0;
    if (start + size > this.#memory.buffer.byteLength) {
      throw new GuestAbort(`${size} bytes at ${start} reach beyond the memory`);
    }
    return new Uint8Array(this.#memory.buffer, start, size);
  }
}
