// The `graphql` capability: a guest has GraphQL schemas built in `configure` and operations held to them.
import { GRAPHQL_MISMATCH, GRAPHQL_NOT_GRAPHQL, GRAPHQL_VALID } from '../../../sdk/abi/abi.js';
import {
  IMPORT_GRAPHQL_CHECK,
  IMPORT_GRAPHQL_COMPILE,
  IMPORT_GRAPHQL_FIELDS,
  IMPORT_GRAPHQL_MESSAGE,
} from '../../../sdk/abi/names.js';
import { type BuiltGraphqlSchema, type GraphqlStore, MOST_SCHEMAS } from '../graphql/graphql-store.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import { needStackRoom } from '../stack-room.js';
import type { CapabilityHost } from './capabilities.js';

const MOST_NAME_BYTES = 1024;
const MOST_COORDINATE_BYTES = 2048;

const encoder = new TextEncoder();

export class GraphqlCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #store: GraphqlStore;
  readonly #filterId: number;
  readonly #schemas: BuiltGraphqlSchema[] = [];
  #message: Uint8Array = new Uint8Array(0);
  #configuring = true;

  constructor(memory: GuestMemory, store: GraphqlStore, filterId: number) {
    this.#memory = memory;
    this.#store = store;
    this.#filterId = filterId;
    this.functions = {
      [IMPORT_GRAPHQL_COMPILE]: this.#compile,
      [IMPORT_GRAPHQL_CHECK]: this.#check,
      [IMPORT_GRAPHQL_FIELDS]: this.#fieldsOf,
      [IMPORT_GRAPHQL_MESSAGE]: this.#copyMessage,
    };
  }

  endConfigure(): void {
    this.#configuring = false;
  }

  readonly #compile = (address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('GraphQL schemas are compiled in configure only');
    if (this.#schemas.length >= MOST_SCHEMAS)
      throw new GuestAbort(`more than ${MOST_SCHEMAS} GraphQL schemas`);
    needStackRoom();
    const text = this.#memory.text(address, length, Number.POSITIVE_INFINITY);
    try {
      this.#schemas.push(this.#store.compile(text, this.#filterId));
      return this.#schemas.length - 1;
    } catch (cause) {
      this.#message = encoder.encode((cause as Error).message || 'not a GraphQL schema');
      return -this.#message.byteLength;
    }
  };

  readonly #check = (
    id: number,
    address: number,
    length: number,
    name: number,
    nameLength: number,
  ): number => {
    const schema = this.#schemaOf(id);
    if (nameLength >>> 0 > MOST_NAME_BYTES)
      throw new GuestAbort(`the name of an operation has at most ${MOST_NAME_BYTES} bytes`);
    const operation = this.#memory.text(name, nameLength, MOST_NAME_BYTES);
    const verdict = schema.check(this.#memory.view(address, length), operation);
    this.#message = encoder.encode(verdict.kind === 'valid' ? verdict.fields : verdict.findings);
    if (verdict.kind === 'valid') return GRAPHQL_VALID;
    return verdict.kind === 'mismatch' ? GRAPHQL_MISMATCH : GRAPHQL_NOT_GRAPHQL;
  };

  readonly #fieldsOf = (id: number, address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('GraphQL fields are looked up in configure only');
    const schema = this.#schemaOf(id);
    const fields = schema.fieldsOf(this.#memory.text(address, length, MOST_COORDINATE_BYTES));
    this.#message = encoder.encode(JSON.stringify(fields ?? []));
    return fields === null ? -1 : fields.length;
  };

  readonly #copyMessage = (address: number, capacity: number): number =>
    this.#memory.copyOut(this.#message, address, capacity);

  #schemaOf(id: number): BuiltGraphqlSchema {
    const schema = this.#schemas[id];
    if (schema === undefined) throw new GuestAbort(`GraphQL schema ${id} does not exist`);
    return schema;
  }
}
