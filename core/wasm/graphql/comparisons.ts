// How much there is to compare in a document, told before it is validated: fields of one name in the answer are held
// against each other, and so is what spreads bring in. A few kilobytes of them can take longer than any call may.
import type { DocumentNode, SelectionSetNode } from 'graphql';

/** Pairs of fields with one name in the answer, and pairs of spreads, wherever in the document they stand. */
export function comparisonsOf(document: DocumentNode): number {
  const counts = new Map<string, number>();
  let spreads = 0;
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      if (node.kind === 'FragmentSpread') {
        spreads += 1;
        continue;
      }
      if (node.kind === 'Field') {
        const name = (node.alias ?? node.name).value;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      if (node.selectionSet !== undefined) visit(node.selectionSet);
    }
  };
  for (const node of document.definitions) if ('selectionSet' in node) visit(node.selectionSet);
  let pairs = (spreads * (spreads - 1)) / 2;
  for (const count of counts.values()) pairs += (count * (count - 1)) / 2;
  return pairs;
}
