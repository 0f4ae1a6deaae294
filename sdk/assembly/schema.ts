// JSON Schema validation by the host (ajv). Needs the capability `schemas`.
import { SCHEMA_MISMATCH, SCHEMA_NOT_JSON, SCHEMA_UNIQUE, SCHEMA_VALID } from '../abi/abi';
import { ABSENT, Bytes } from './bytes';
import { hostSchemaCheck, hostSchemaCheckUnique, hostSchemaCompile, hostSchemaMessage } from './host';
import { Json } from './json/json';

/** A schema that the host compiled. */
@final
export class Schema {
  private constructor(private readonly id: i32) {}

  /** Why the last `compile` failed; absent when it did not. */
  static problem: Bytes = ABSENT;

  /** Compiles the text of a JSON Schema; in `configure` only. Null when it is none: `Schema.problem` says why. */
  static compile(schema: Bytes): Schema | null {
    const id = hostSchemaCompile(schema.address, schema.length);
    Schema.problem = id < 0 ? readMessage() : ABSENT;
    return id < 0 ? null : new Schema(id);
  }

  /** Checks a document. */
  check(document: Bytes): Verdict {
    return new Verdict(hostSchemaCheck(this.id, document.address, document.length));
  }

  /** Like `check`; the verdict may besides know that names are unique, which saves the walk of `hasUniqueNames`. */
  checkUnique(document: Bytes): Verdict {
    return new Verdict(hostSchemaCheckUnique(this.id, document.address, document.length));
  }
}

/** What the host found. */
@final
export class Verdict {
  /** @internal What `check` answers. */
  constructor(private readonly code: i32) {}

  /** The document is JSON and fits the schema. */
  get isValid(): bool {
    return this.code == SCHEMA_VALID || this.code == SCHEMA_UNIQUE;
  }

  /** After `checkUnique`: valid, and no object has two members of one name. False says nothing: ask `hasUniqueNames`. */
  get isUnique(): bool {
    return this.code == SCHEMA_UNIQUE;
  }

  /** The document is not JSON. */
  get isNotJson(): bool {
    return this.code == SCHEMA_NOT_JSON;
  }

  /** The document is JSON, but does not fit the schema. */
  get isMismatch(): bool {
    return this.code == SCHEMA_MISMATCH;
  }

  /** The findings as JSON. To be read before the next check. */
  get findings(): Json {
    return Json.parse(readMessage());
  }
}

function readMessage(): Bytes {
  const length = hostSchemaMessage(0, 0);
  const at = __sluice_reserve(length);
  hostSchemaMessage(at, length);
  return new Bytes(at, length);
}
