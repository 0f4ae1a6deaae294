// The rule of the bench of `graphql`: the reference implementation, and limits in a walk through the operation.
import {
  buildSchema,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  type SelectionSetNode,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { DENIED_FIELD, GRAPHQL_LIMITS, GRAPHQL_SCHEMA } from '../../filters/benches/graphql.js';
import { isJson, parseJson, type Rule } from './rule.js';

const MOST_TOKENS = 2000;

const schema = buildSchema(GRAPHQL_SCHEMA);
const noDeniedField: ValidationRule = (context) => ({
  Field(node) {
    const field = `${context.getParentType()?.name}.${node.name.value}`;
    if (field === DENIED_FIELD) context.reportError(new GraphQLError('denied'));
  },
});
const rules = [...specifiedRules, NoSchemaIntrospectionCustomRule, noDeniedField];

export const graphql: Rule = {
  request({ headers, body }) {
    if (!isJson(headers['content-type'])) return 415;
    const query = (parseJson(body) as { query?: unknown } | null | undefined)?.query;
    if (typeof query !== 'string') return 400;
    let document: DocumentNode;
    try {
      document = parse(query, { maxLexicalTokens: MOST_TOKENS });
    } catch {
      return 400;
    }
    return isWithinLimits(document) && validate(schema, document, rules).length === 0 ? null : 400;
  },
};

function isWithinLimits({ definitions }: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: SelectionSetNode[] = [];
  for (const definition of definitions) {
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition);
    else if (definition.kind === 'OperationDefinition') operations.push(definition.selectionSet);
  }
  if (operations.length !== 1) return false;
  let aliases = 0;
  let complexity = 0;
  const isWithin = ({ selections }: SelectionSetNode, depth: number, within: readonly string[]): boolean =>
    selections.every((selection) => {
      if (selection.kind === 'InlineFragment') return isWithin(selection.selectionSet, depth, within);
      const name = selection.name.value;
      if (selection.kind === 'FragmentSpread') {
        const fragment = fragments.get(name);
        if (fragment === undefined || within.includes(name)) return false;
        return isWithin(fragment.selectionSet, depth, [...within, name]);
      }
      complexity += 1;
      if (selection.alias !== undefined) aliases += 1;
      if (depth > GRAPHQL_LIMITS.depth || aliases > GRAPHQL_LIMITS.aliases) return false;
      if (complexity > GRAPHQL_LIMITS.complexity) return false;
      return selection.selectionSet === undefined || isWithin(selection.selectionSet, depth + 1, within);
    });
  return isWithin(operations[0]!, 1, []);
}
