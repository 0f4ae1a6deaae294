// The changes of reach as people read them: one line each, and one that counts them.
import type { ReachChange } from './reach-diff.js';

const KINDS = ['reachable', 'unreachable', 'wider', 'narrower', 'changed'] as const;

/** Lines with their ends; `no change in what is reachable` when there is none. */
export function formatReach(changes: readonly ReachChange[]): string {
  if (changes.length === 0) return 'no change in what is reachable\n';
  const counts = KINDS.map(
    (kind) => [kind, changes.filter((change) => change.kind === kind).length] as const,
  );
  const counted = counts.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  return `${changes.map(formatChange).join('')}${counted.join(', ')}\n`;
}

function formatChange({ kind, host, method, path, before, after, reasons }: ReachChange): string {
  const routes =
    before === null || before === after ? after : after === null ? before : `${before} -> ${after}`;
  const why = reasons.map(({ verdict, what }) => `${what} (${verdict})`).join(', ');
  const where = routes === null ? '' : ` [${routes}]`;
  return `${kind} ${method} ${host} ${path}${where}${why === '' ? '' : `: ${why}`}\n`;
}
