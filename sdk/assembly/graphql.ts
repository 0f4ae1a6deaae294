// GraphQL operations, held to a schema by the host (the reference implementation). Needs the capability `graphql`.
import { GRAPHQL_MISMATCH, GRAPHQL_NOT_GRAPHQL, GRAPHQL_VALID } from '../abi/abi';
import { ABSENT, Bytes } from './bytes';
import { hostGraphqlCheck, hostGraphqlCompile, hostGraphqlFields, hostGraphqlMessage } from './host';
import { Json } from './json/json';

/** A GraphQL schema that the host built. */
@final
export class GraphqlSchema {
  private constructor(private readonly id: i32) {}

  /** Why the last `compile` failed; absent when it did not. */
  static problem: Bytes = ABSENT;

  /** Builds a schema from its definition; in `configure` only. Null when it is none: `GraphqlSchema.problem` says why. */
  static compile(definition: Bytes): GraphqlSchema | null {
    const id = hostGraphqlCompile(definition.address, definition.length);
    GraphqlSchema.problem = id < 0 ? readMessage() : ABSENT;
    return id < 0 ? null : new GraphqlSchema(id);
  }

  /**
   * The fields that `Type` or `Type.field` stands for, `["User.name"]`; in `configure` only. A field of an interface stands for that of
   * each object type that implements it, as in what a verdict says. Absent when the schema has no object type, interface or field
   * of this name.
   */
  fieldsOf(coordinate: Bytes): Json {
    const count = hostGraphqlFields(this.id, coordinate.address, coordinate.length);
    return Json.parse(count < 0 ? ABSENT : readMessage());
  }

  /**
   * Holds a document to the schema.
   * @param operation name of the operation that will run, 1024 bytes at most; empty for the only one of the document
   */
  check(document: Bytes, operation: Bytes = ABSENT): GraphqlVerdict {
    return new GraphqlVerdict(
      hostGraphqlCheck(this.id, document.address, document.length, operation.address, operation.length),
    );
  }
}

/** What the host found. */
@final
export class GraphqlVerdict {
  /** @internal What `check` answers. */
  constructor(private readonly code: i32) {}

  /** The document is valid and has the operation. */
  get isValid(): bool {
    return this.code == GRAPHQL_VALID;
  }

  /** The document is not GraphQL. */
  get isNotGraphql(): bool {
    return this.code == GRAPHQL_NOT_GRAPHQL;
  }

  /** The document is GraphQL, but does not fit the schema. */
  get isMismatch(): bool {
    return this.code == GRAPHQL_MISMATCH;
  }

  /**
   * Of a valid document the fields that the operation may come to read, `["Query.user"]`; of any other what is amiss,
   * `[{"rule":"Syntax","line":1,"column":3}]`. To be read before the next check.
   */
  get message(): Json {
    return Json.parse(readMessage());
  }
}

function readMessage(): Bytes {
  const length = hostGraphqlMessage(0, 0);
  const at = __sluice_reserve(length);
  hostGraphqlMessage(at, length);
  return new Bytes(at, length);
}
