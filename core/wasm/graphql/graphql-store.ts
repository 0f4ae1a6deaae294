// The `graphql` capability: GraphQL operations held to a schema by the reference implementation, for guests. One store
// serves all filters of a thread and builds each schema once. What a check may cost is bounded here, whatever the guest
// has looked at before.
import { getHeapStatistics } from 'node:v8';
import type {
  ASTVisitor,
  DocumentNode,
  GraphQLError,
  GraphQLSchema,
  ValidationContext,
  ValidationRule,
} from 'graphql';
import { OwnedEntries } from '../owned-entries.js';
import { comparisonsOf } from './comparisons.js';
import { FieldUse } from './field-use.js';
import { graphqlNesting } from './nesting.js';
import { reference } from './reference.js';
import { fieldsOfCoordinate } from './schema-fields.js';

/** Verdict on one document; the texts are JSON. */
export type GraphqlVerdict =
  /** `fields` is a list of coordinates: every field that the operation may come to read, such as `["Query.user"]`. */
  | { readonly kind: 'valid'; readonly fields: string }
  /** `findings` is `[{"rule":"Syntax","line":1,"column":3}]`, without a word of the document. */
  | { readonly kind: 'not-graphql'; readonly findings: string }
  | { readonly kind: 'mismatch'; readonly findings: string };

/** A schema that is built. */
export interface BuiltGraphqlSchema {
  /** @param operation name of the operation that will run; empty: the only one of the document */
  check(document: Uint8Array, operation: string): GraphqlVerdict;
  /**
   * Coordinates of the fields that `Type` or `Type.field` stands for; of an interface, those of the object types that
   * implement it. Null when the schema has none of this name.
   */
  fieldsOf(coordinate: string): readonly string[] | null;
}

/** Most schemas of one filter. */
export const MOST_SCHEMAS = 64;
const MOST_BYTES = 262_144;
const MOST_TOKENS = 20_000;
/** Of a schema and of a document. */
const MOST_NESTING = 128;
/** Pairs that the rule on overlapping fields may have to compare: a millisecond for each thousand, in a thread that is new. */
const MOST_COMPARISONS = 20_000;
const MOST_FINDINGS = 20;
/**
 * Heap that a character of a schema may take while it is built, and afterwards. Measured: up to 620 bytes for fields with
 * many arguments, of which what was only in the parser's hands goes.
 */
const HEAP_TO_BUILD = 1024;
const HEAP_BUILT = 512;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Finding {
  readonly rule: string;
  readonly line: number;
  readonly column: number;
}

export class GraphqlStore {
  readonly #schemas = new OwnedEntries<BuiltGraphqlSchema>('GraphQL schemas', MOST_SCHEMAS);
  readonly #heapBytes: number;

  /** @param heapBytes heap for one schema while it is built, and for all of them; half of this thread's by default */
  constructor(heapBytes = getHeapStatistics().heap_size_limit / 2) {
    this.#heapBytes = heapBytes;
  }

  /** Number of schemas that are kept. */
  get size(): number {
    return this.#schemas.size;
  }

  /**
   * @param text  schema in the schema definition language
   * @param owner id of the filter that uses it, until it is released
   * @throws Error with a message for the operator when it is no schema, or too large
   */
  compile(text: string, owner: number): BuiltGraphqlSchema {
    return this.#schemas.take(text, owner, () => this.#build(text));
  }

  /** A filter is gone: what nobody else uses is forgotten. */
  release(owner: number): void {
    this.#schemas.release(owner);
  }

  #build(text: string): BuiltGraphqlSchema {
    let kept = 0;
    for (const { length } of this.#schemas.keys()) kept += length;
    const most = Math.floor(this.#heapBytes / HEAP_TO_BUILD);
    const room = Math.floor(this.#heapBytes / HEAP_BUILT) - kept;
    if (text.length > Math.min(most, room)) {
      throw new RangeError(
        `a schema of ${text.length} characters is too large: with the heap of this worker there is room for ` +
          `${most} in one and for ${room} beside the schemas of all filters`,
      );
    }
    if (graphqlNesting(text) > MOST_NESTING)
      throw new RangeError(`a schema is nested at most ${MOST_NESTING} levels deep`);
    return new StoredSchema(reference().buildSchema(text, { noLocation: true }));
  }
}

class StoredSchema implements BuiltGraphqlSchema {
  readonly #schema: GraphQLSchema;

  constructor(schema: GraphQLSchema) {
    if (!schema.getQueryType()) throw new TypeError('a schema has a query type');
    this.#schema = schema;
  }

  check(bytes: Uint8Array, operation: string): GraphqlVerdict {
    if (bytes.byteLength > MOST_BYTES) return mismatch('Size');
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      return notGraphql({ rule: 'Encoding', line: 1, column: 1 });
    }
    if (graphqlNesting(text) > MOST_NESTING) return mismatch('Depth');
    let document: DocumentNode;
    try {
      document = reference().parse(text, { maxLexicalTokens: MOST_TOKENS });
    } catch (cause) {
      if (cause instanceof reference().GraphQLError) return notGraphql(toFinding('Syntax', cause));
      if (cause instanceof RangeError) return mismatch('Depth');
      throw cause;
    }
    if (comparisonsOf(document) > MOST_COMPARISONS) return mismatch('Cost');
    return this.#validate(document, operation);
  }

  fieldsOf(coordinate: string): readonly string[] | null {
    return fieldsOfCoordinate(this.#schema, coordinate);
  }

  #validate(document: DocumentNode, operation: string): GraphqlVerdict {
    const { specifiedRules, validate } = reference();
    const findings: Finding[] = [];
    const use = new FieldUse(this.#schema);
    const rules: ValidationRule[] = specifiedRules.map((rule) => namedRule(rule, findings));
    rules.push((context) => use.visitor(context));
    try {
      const errors = validate(this.#schema, document, rules, { maxErrors: MOST_FINDINGS });
      // The last error says that there were too many.
      if (errors.length > findings.length && findings.length === 0) return mismatch('Cost');
      if (errors.length > 0) return { kind: 'mismatch', findings: listOf(findings) };
    } catch (cause) {
      // Fragments that refer to fragments are followed by calls, and so are the fields that have to be compared.
      if (cause instanceof RangeError) return mismatch('Depth');
      if (cause instanceof reference().GraphQLError) return mismatch('Cost');
      throw cause;
    }
    const fields = use.fieldsOf(document, operation);
    return fields === null ? mismatch('OperationName') : { kind: 'valid', fields: JSON.stringify(fields) };
  }
}

/** A rule whose errors are noted with its name: the messages of the reference implementation quote the document. */
function namedRule(rule: ValidationRule, findings: Finding[]): ValidationRule {
  const name = rule.name.replace(/Rule$/, '');
  return (context): ASTVisitor => {
    const named: ValidationContext = Object.create(context, {
      reportError: {
        value: (error: GraphQLError) => {
          findings.push(toFinding(name, error));
          context.reportError(error);
        },
      },
    });
    return rule(named);
  };
}

function toFinding(rule: string, error: GraphQLError): Finding {
  const [place] = error.locations ?? [];
  return { rule, line: place?.line ?? 1, column: place?.column ?? 1 };
}

function listOf(findings: readonly Finding[]): string {
  return JSON.stringify(findings.slice(0, MOST_FINDINGS));
}

function notGraphql(finding: Finding): GraphqlVerdict {
  return { kind: 'not-graphql', findings: listOf([finding]) };
}

function mismatch(rule: string): GraphqlVerdict {
  return { kind: 'mismatch', findings: listOf([{ rule, line: 1, column: 1 }]) };
}
