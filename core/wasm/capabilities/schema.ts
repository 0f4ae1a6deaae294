// The `schemas` capability: a guest compiles JSON Schemas in `configure` and has bytes checked against them.
import { SCHEMA_MISMATCH, SCHEMA_NOT_JSON, SCHEMA_UNIQUE, SCHEMA_VALID } from '../../../sdk/abi/abi.js';
import {
  IMPORT_SCHEMA_CHECK,
  IMPORT_SCHEMA_CHECK_UNIQUE,
  IMPORT_SCHEMA_COMPILE,
  IMPORT_SCHEMA_MESSAGE,
} from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import { type CompiledSchema, MOST_SCHEMAS, type SchemaStore } from '../schemas/schema-store.js';
import { needStackRoom } from '../stack-room.js';
import type { CapabilityHost } from './capabilities.js';

const encoder = new TextEncoder();

export class SchemaCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #store: SchemaStore;
  readonly #filterId: number;
  readonly #schemas: CompiledSchema[] = [];
  #message: Uint8Array = new Uint8Array(0);
  #configuring = true;

  constructor(memory: GuestMemory, store: SchemaStore, filterId: number) {
    this.#memory = memory;
    this.#store = store;
    this.#filterId = filterId;
    this.functions = {
      [IMPORT_SCHEMA_COMPILE]: this.#compile,
      [IMPORT_SCHEMA_CHECK]: this.#check,
      [IMPORT_SCHEMA_CHECK_UNIQUE]: this.#checkUnique,
      [IMPORT_SCHEMA_MESSAGE]: this.#copyMessage,
    };
  }

  endConfigure(): void {
    this.#configuring = false;
  }

  readonly #compile = (address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('schemas are compiled in configure only');
    if (this.#schemas.length >= MOST_SCHEMAS) throw new GuestAbort(`more than ${MOST_SCHEMAS} schemas`);
    needStackRoom();
    const text = this.#memory.text(address, length, Number.POSITIVE_INFINITY);
    try {
      this.#schemas.push(this.#store.compile(text, this.#filterId));
      return this.#schemas.length - 1;
    } catch (cause) {
      this.#message = encoder.encode((cause as Error).message || 'not a JSON Schema');
      return -this.#message.byteLength;
    }
  };

  readonly #check = (id: number, address: number, length: number): number => {
    const code = this.#checkUnique(id, address, length);
    return code === SCHEMA_UNIQUE ? SCHEMA_VALID : code;
  };

  readonly #checkUnique = (id: number, address: number, length: number): number => {
    const schema = this.#schemas[id];
    if (schema === undefined) throw new GuestAbort(`schema ${id} does not exist`);
    const verdict = schema.check(this.#memory.view(address, length));
    if (verdict.kind === 'valid') return verdict.unique ? SCHEMA_UNIQUE : SCHEMA_VALID;
    if (verdict.kind === 'not-json') return SCHEMA_NOT_JSON;
    this.#message = encoder.encode(verdict.findings);
    return SCHEMA_MISMATCH;
  };

  readonly #copyMessage = (address: number, capacity: number): number =>
    this.#memory.copyOut(this.#message, address, capacity);
}
