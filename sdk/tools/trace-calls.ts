// Calls of trace() in the sources of a filter: taken out of what runs in gateways, and told their place in what runs in tests.
import { TRACE_PLACE_END } from '../../core/wasm/trace-import.js';

/** What the compiler's syntax trees have in common. Their classes are the compiler's; only these members count here. */
export interface SyntaxNode {
  readonly range: SyntaxRange;
  readonly [member: string]: unknown;
}

export interface SyntaxRange {
  readonly start: number;
  readonly source: { readonly normalizedPath: string; lineAt(position: number): number };
}

interface ImportNode extends SyntaxNode {
  readonly path: { readonly value: string };
  readonly declarations: readonly { readonly name: Named; readonly foreignName: Named }[] | null;
  readonly namespaceName: Named | null;
}

interface Named {
  readonly text: string;
}

interface CallNode extends SyntaxNode {
  readonly expression: SyntaxNode;
  readonly args: readonly (SyntaxNode & { value?: unknown })[];
}

const LIBRARY = 'sluice';
const FUNCTION = 'trace';

/**
 * Puts an empty statement in place of every call that is a statement.
 * @param sources files as they were parsed, changed in place
 */
export function removeTraceCalls(
  sources: readonly SyntaxNode[],
  emptyStatement: (range: SyntaxRange) => SyntaxNode,
): void {
  for (const source of sources) {
    const isTrace = traceTest(source);
    if (isTrace === null) continue;
    replaceStatements(source, (statement) =>
      callOf(statement, isTrace) === null ? statement : emptyStatement(statement.range),
    );
  }
}

/** Writes file and line of each call in front of its label, where that is a text in the source. */
export function placeTraceCalls(sources: readonly SyntaxNode[]): void {
  for (const source of sources) {
    const isTrace = traceTest(source);
    if (isTrace === null) continue;
    replaceStatements(source, (statement) => {
      const label = callOf(statement, isTrace)?.args[0];
      if (typeof label?.value === 'string') {
        const { source: file, start } = statement.range;
        label.value = `${file.normalizedPath}:${file.lineAt(start)}${TRACE_PLACE_END}${label.value}`;
      }
      return statement;
    });
  }
}

type TraceTest = (called: SyntaxNode) => boolean;

/** Tells by which names a file calls it; null when it does not import it. */
function traceTest(source: SyntaxNode): TraceTest | null {
  const names = new Set<string>();
  const namespaces = new Set<string>();
  for (const statement of source['statements'] as readonly SyntaxNode[]) {
    if ((statement as Partial<ImportNode>).path?.value !== LIBRARY) continue;
    const { declarations, namespaceName } = statement as ImportNode;
    if (namespaceName !== null && namespaceName !== undefined) namespaces.add(namespaceName.text);
    for (const { name, foreignName } of declarations ?? []) {
      if (foreignName?.text === FUNCTION) names.add(name.text);
    }
  }
  if (names.size + namespaces.size === 0) return null;
  return (called) => {
    const { text, property, expression } = called as SyntaxNode &
      Partial<Named> & { property?: Named; expression?: Partial<Named> };
    if (property === undefined) return text !== undefined && names.has(text);
    return property.text === FUNCTION && namespaces.has(expression?.text ?? '');
  };
}

/** The call that a statement is. */
function callOf(statement: SyntaxNode, isTrace: TraceTest): CallNode | null {
  const call = statement['expression'] as CallNode | undefined;
  if (!isNode(call) || !Array.isArray(call.args) || !isNode(call.expression)) return null;
  return isTrace(call.expression) ? call : null;
}

/** Goes through all that hangs on a node, once. */
function replaceStatements(root: SyntaxNode, replace: (node: SyntaxNode) => SyntaxNode): void {
  const seen = new Set<object>();
  const visit = (holder: object): void => {
    if (seen.has(holder)) return;
    seen.add(holder);
    for (const [key, value] of Object.entries(holder)) {
      // A range leads back to the whole file.
      if (key === 'range') continue;
      if (Array.isArray(value)) visit(value);
      else if (isNode(value)) {
        const put = replace(value);
        if (put !== value) (holder as Record<string, unknown>)[key] = put;
        visit(put);
      }
    }
  };
  visit(root);
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'range' in value && 'kind' in value;
}
