// Which fields of a schema an operation may come to read, through fragments and whatever they are called in the answer.
import type {
  ASTVisitor,
  DocumentNode,
  GraphQLSchema,
  OperationDefinitionNode,
  ValidationContext,
} from 'graphql';
import { answeringFields } from './schema-fields.js';

/** What one operation or fragment names. */
interface Definition {
  readonly fields: Set<string>;
  readonly spreads: Set<string>;
}

export class FieldUse {
  readonly #schema: GraphQLSchema;
  readonly #fragments = new Map<string, Definition>();
  readonly #operations = new Map<OperationDefinitionNode, Definition>();
  #current: Definition | undefined;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Collects while a document is validated. */
  visitor(context: ValidationContext): ASTVisitor {
    return {
      OperationDefinition: (node) => {
        this.#operations.set(node, this.#begin());
      },
      FragmentDefinition: (node) => {
        this.#fragments.set(node.name.value, this.#begin());
      },
      FragmentSpread: (node) => {
        this.#current?.spreads.add(node.name.value);
      },
      Field: (node) => {
        const type = context.getParentType();
        if (type) this.#current?.fields.add(`${type.name}.${node.name.value}`);
      },
    };
  }

  /**
   * Coordinates of the fields that the operation of this name reads, in order. A field of an interface stands for that of
   * each object type that has it: which of them will answer is not known.
   * @returns null when there is no such operation, or no name where there are several
   */
  fieldsOf(document: DocumentNode, name: string): string[] | null {
    const operations = document.definitions.filter((node) => node.kind === 'OperationDefinition');
    const named = name === '' ? operations : operations.filter((node) => node.name?.value === name);
    if (named.length !== 1) return null;
    const start = this.#operations.get(named[0]!);
    if (start === undefined) return null;
    const fields = new Set(start.fields);
    const reached = new Set(start.spreads);
    for (const spread of reached) {
      const fragment = this.#fragments.get(spread);
      for (const field of fragment?.fields ?? []) fields.add(field);
      for (const further of fragment?.spreads ?? []) reached.add(further);
    }
    const answering = new Set<string>();
    for (const field of fields) {
      const [type = '', name = ''] = field.split('.');
      for (const coordinate of answeringFields(this.#schema, type, name)) answering.add(coordinate);
    }
    return [...answering].sort();
  }

  #begin(): Definition {
    this.#current = { fields: new Set(), spreads: new Set() };
    return this.#current;
  }
}
