// Whether a built-in filter lets more through with one config than with another, on one route. What other filters do
// with their config, nobody can tell.
import { compareSchemas, compareTextSchemas, type SchemaRoots } from './schema-order.js';
import {
  CHANGED,
  canonicalJson,
  compareMost,
  compareSets,
  isSameJson,
  NARROWER,
  SAME,
  type Verdict,
  type Verdicts,
  WIDER,
} from './verdict.js';

const FORM = 'application/x-www-form-urlencoded';

type Json = Readonly<Record<string, unknown>>;

/** The config of a filter as one route sees it. */
export interface FilterUse {
  readonly module: string;
  readonly config: unknown;
  readonly route: string;
}

/** Adds what became of the requests that a filter lets through. */
export function compareRules(before: FilterUse, after: FilterUse, verdicts: Verdicts): void {
  const was = before.config;
  const is = after.config;
  if (before.module !== after.module || !isObject(was) || !isObject(is)) {
    if (before.module !== after.module || !isSameJson(was, is)) verdicts.add(CHANGED, 'config');
  } else if (before.module === 'builtin:validate') {
    compareValidate({ ...before, config: was }, { ...after, config: is }, verdicts);
  } else if (before.module === 'builtin:policy') {
    comparePolicy(was, is, verdicts);
  } else if (!isSameJson(was, is)) verdicts.add(CHANGED, 'config');
}

/** Rules that let requests through, each by itself. */
function comparePolicy(was: Json, is: Json, verdicts: Verdicts): void {
  const { rules: rulesBefore, mode: modeBefore, ...before } = was;
  const { rules: rulesAfter, mode: modeAfter, ...after } = is;
  verdicts.add(compareModes(modeBefore, modeAfter), 'mode');
  if (!isSameJson(before, after)) verdicts.add(CHANGED, 'config');
  if (Array.isArray(rulesBefore) && Array.isArray(rulesAfter))
    verdicts.add(
      compareSets(new Set(rulesBefore.map(canonicalJson)), new Set(rulesAfter.map(canonicalJson))),
      'rules',
    );
  else if (!isSameJson(rulesBefore, rulesAfter)) verdicts.add(CHANGED, 'rules');
}

/** `report` lets everything through. */
function compareModes(was: unknown, is: unknown): Verdict {
  const before = was ?? 'enforce';
  const after = is ?? 'enforce';
  if (before === after) return SAME;
  return after === 'report' ? WIDER : before === 'report' ? NARROWER : CHANGED;
}

/** Of an operation and of a body, what is compared by itself. */
const OPERATION: ReadonlySet<string> = new Set(['path', 'query', 'headers', 'cookies', 'body']);
const BODY: ReadonlySet<string> = new Set(['required', 'contents']);

type ValidateUse = FilterUse & { readonly config: Json };

/** What decides nothing about a request, and what is compared by itself. */
const COMPARED: ReadonlySet<string> = new Set([
  'status',
  'mode',
  'limits',
  'unknown',
  'operations',
  'definitions',
]);

function compareValidate(before: ValidateUse, after: ValidateUse, verdicts: Verdicts): void {
  verdicts.add(compareModes(before.config['mode'], after.config['mode']), 'mode');
  const limitsBefore = objectOf(before.config['limits']);
  const limitsAfter = objectOf(after.config['limits']);
  for (const limit of namesOf(limitsBefore, limitsAfter))
    verdicts.add(compareMost(limitsBefore[limit], limitsAfter[limit]), `limit ${limit}`);
  compareRest(before.config, after.config, COMPARED, 'config', verdicts);
  const roots = { before: before.config, after: after.config };
  const was = operationOf(before);
  const is = operationOf(after);
  if (was === 'all' || is === 'all' || was === 'none' || is === 'none') {
    if (was !== is) verdicts.add(was === 'none' || is === 'all' ? WIDER : NARROWER, 'operation');
    return;
  }
  compareParameters('path', was, is, roots, verdicts);
  compareParameters('query', was, is, roots, verdicts);
  compareParameters('headers', was, is, roots, verdicts);
  compareParameters('cookies', was, is, roots, verdicts);
  compareBodies(was['body'], is['body'], roots, verdicts);
  compareRest(was, is, OPERATION, 'responses', verdicts);
}

/** Nobody knows which way the members go that are not compared by themselves. */
function compareRest(
  was: Json,
  is: Json,
  known: ReadonlySet<string>,
  what: string,
  verdicts: Verdicts,
): void {
  const rest = (config: Json): Json =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !known.has(key)));
  if (!isSameJson(rest(was), rest(is))) verdicts.add(CHANGED, what);
}

/** What a route may look like; everything, or nothing, where the filter does not know it. */
function operationOf({ config, route }: ValidateUse): Json | 'all' | 'none' {
  const operations = objectOf(config['operations']);
  if (Object.hasOwn(operations, route)) return objectOf(operations[route]);
  if ('schema' in config) return {};
  return config['unknown'] === 'pass' ? 'all' : 'none';
}

function compareParameters(place: string, was: Json, is: Json, roots: SchemaRoots, verdicts: Verdicts): void {
  const before = objectOf(was[place]);
  const after = objectOf(is[place]);
  for (const name of namesOf(before, after)) {
    const what = `${place} ${name}`;
    const old = Object.hasOwn(before, name) ? objectOf(before[name]) : null;
    const now = Object.hasOwn(after, name) ? objectOf(after[name]) : null;
    if (old === null || now === null) {
      // In the query, what has no name is refused; elsewhere it may be anything.
      const isAdded = old === null;
      verdicts.add(place === 'query' ? (isAdded ? WIDER : NARROWER) : isAdded ? NARROWER : WIDER, what);
      if (place === 'query' && (now ?? old)!['required'] === true)
        verdicts.add(isAdded ? NARROWER : WIDER, `${what} required`);
      continue;
    }
    const { schema: schemaBefore, required: requiredBefore = false, ...othersBefore } = old;
    const { schema: schemaAfter, required: requiredAfter = false, ...othersAfter } = now;
    if (requiredBefore !== requiredAfter)
      verdicts.add(requiredAfter === true ? NARROWER : WIDER, `${what} required`);
    if (!isSameJson(othersBefore, othersAfter)) verdicts.add(CHANGED, what);
    verdicts.add(compareTexts(schemaBefore, schemaAfter, roots), `${what} schema`);
  }
}

function compareTexts(was: unknown, is: unknown, roots: SchemaRoots): Verdict {
  if (was === undefined && is === undefined) return SAME;
  return was === undefined || is === undefined ? CHANGED : compareTextSchemas(was, is, roots);
}

function compareBodies(was: unknown, is: unknown, roots: SchemaRoots, verdicts: Verdicts): void {
  const before = objectOf(was);
  const after = objectOf(is);
  if (was === undefined || is === undefined) {
    if (was === is) return;
    verdicts.add(was === undefined ? WIDER : NARROWER, 'body');
    if ((was === undefined ? after : before)['required'] === true)
      verdicts.add(was === undefined ? NARROWER : WIDER, 'body required');
    return;
  }
  // Members that are stripped, and texts that are made into values, fit afterwards; without it others reach the upstream.
  compareRest(before, after, BODY, 'body changes', verdicts);
  const requiredBefore = before['required'] === true;
  if (requiredBefore !== (after['required'] === true))
    verdicts.add(requiredBefore ? WIDER : NARROWER, 'body required');
  const contentsBefore = objectOf(before['contents']);
  const contentsAfter = objectOf(after['contents']);
  for (const type of namesOf(contentsBefore, contentsAfter)) {
    const what = `body ${type}`;
    const isInBoth = Object.hasOwn(contentsBefore, type) && Object.hasOwn(contentsAfter, type);
    // A type within a range takes requests from the range.
    const hasRange = [...Object.keys(contentsBefore), ...Object.keys(contentsAfter)].some((other) =>
      other.endsWith('*'),
    );
    if (!isInBoth)
      verdicts.add(hasRange ? CHANGED : Object.hasOwn(contentsAfter, type) ? WIDER : NARROWER, what);
    else {
      const was = objectOf(contentsBefore[type])['schema'];
      const is = objectOf(contentsAfter[type])['schema'];
      verdicts.add(compareContents(type, was, is, roots), what);
    }
  }
}

/** Without a schema, a body may be anything, and need not even be what its type says. */
function compareContents(type: string, was: unknown, is: unknown, roots: SchemaRoots): Verdict {
  if (was === undefined || is === undefined) return was === is ? SAME : is === undefined ? WIDER : NARROWER;
  return type === FORM ? compareTextSchemas(was, is, roots) : compareSchemas(was, is, roots);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function namesOf(a: Json, b: Json): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
