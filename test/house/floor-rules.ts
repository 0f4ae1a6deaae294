// The rules of DESIGN §2 over a graph of imports: downward only, rooms are strangers, no cycle, and every
// package behind one place. It knows nothing of files; layering.test.ts feeds it the sources.

/** Source file to the things it imports: other keys of the map, or names of packages. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export interface Rules {
  /**
   * Floors from the ground up. An entry that ends in `/` is a room: everything below that folder. Others are
   * files; those of one floor and one folder may import each other.
   */
  readonly floors: readonly (readonly string[])[];
  /** Package to the only files, or folders with `/` at the end, that may import it. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
}

/** Sentences, one for each breach; empty when the graph keeps the rules. */
export function breachesOf(graph: ImportGraph, rules: Rules): string[] {
  const breaches: string[] = [];
  for (const [file, imports] of graph) {
    if (placeOf(file, rules) === null) breaches.push(`${file} stands on no floor`);
    for (const target of imports) {
      const breach = graph.has(target)
        ? arrowBreach(file, target, rules)
        : packageBreach(file, target, rules);
      if (breach !== null) breaches.push(breach);
    }
  }
  const cycle = cycleIn(graph);
  if (cycle !== null) breaches.push(`cycle: ${cycle.join(' -> ')}`);
  return breaches;
}

function arrowBreach(file: string, target: string, rules: Rules): string | null {
  const from = placeOf(file, rules);
  const to = placeOf(target, rules);
  if (from === null || to === null || from.room === to.room || to.floor < from.floor) return null;
  const why = to.floor > from.floor ? 'is on a floor above' : 'is another room of the same floor';
  return `${file} imports ${target}, which ${why}`;
}

function packageBreach(file: string, specifier: string, rules: Rules): string | null {
  if (specifier.startsWith('node:')) return null;
  if (specifier.startsWith('.') || specifier.startsWith('/'))
    return `${file} imports ${specifier}, which is not there`;
  const name = packageName(specifier);
  const homes = Object.hasOwn(rules.packages, name) ? rules.packages[name]! : null;
  if (homes === null) return `${file} imports the package ${name}, which has no place in the design`;
  if (homes.some((home) => covers(home, file))) return null;
  return `${file} imports the package ${name}, which only ${homes.join(', ')} may`;
}

/** `@scope/name/path` and `name/path` without the path. */
export function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Floor and room of a file; the longest entry that covers it decides. Files share the room of their folder. */
function placeOf(file: string, rules: Rules): { floor: number; room: string } | null {
  let best: { floor: number; room: string; entry: string } | null = null;
  rules.floors.forEach((entries, floor) => {
    for (const entry of entries) {
      if (!covers(entry, file) || (best !== null && best.entry.length >= entry.length)) continue;
      const room = entry.endsWith('/') ? entry : `${floor}:${file.slice(0, file.lastIndexOf('/') + 1)}`;
      best = { floor, room, entry };
    }
  });
  return best;
}

function covers(entry: string, file: string): boolean {
  return entry.endsWith('/') ? file.startsWith(entry) : file === entry;
}

/** The first cycle found, its first file again at the end; null when there is none. */
function cycleIn(graph: ImportGraph): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      const cycle = graph.has(target) ? visit(target) : null;
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== null) return cycle;
  }
  return null;
}
