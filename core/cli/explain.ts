// `sluice explain`: what a key of the configuration takes, as its schema says.
import { explainKey, type KeyFacts, keysBelow, keysOf, UnknownKeyError } from '../config/key-reference.js';
import { optionalPositional, readArguments } from './arguments.js';
import { formatTable } from './table.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice explain [KEY]

  Says what a key of the configuration takes, its default, and which keys it has itself; without KEY, those of the
  document. Names and [] may be left out: upstreams.healthCheck, routes.match.path, filters.NAME.limits.

  --all        every key below, not only the next
  --json       print [{"path", "type", "default", "required", "description", "examples"}], the key first
`;

export async function explain(args: string[]): Promise<void> {
  const parsed = readArguments(args, { all: 'boolean', json: 'boolean' }, HELP);
  if (parsed === null) return;
  const path = optionalPositional(parsed, 'KEY', HELP) ?? '';
  const { key, keys } = lookUp(path, parsed.flags.has('all'));
  if (parsed.flags.has('json')) process.stdout.write(`${JSON.stringify([key, ...keys].map(toJson))}\n`);
  else process.stdout.write(`${describe(key)}${keys.length === 0 ? '' : `\n${tableOf(key, keys)}`}`);
}

function lookUp(path: string, all: boolean): { key: KeyFacts; keys: readonly KeyFacts[] } {
  try {
    return { key: explainKey(path), keys: all ? keysBelow(path) : keysOf(path) };
  } catch (error) {
    throw error instanceof UnknownKeyError ? new UsageError(error.message) : error;
  }
}

function describe(key: KeyFacts): string {
  const examples = key.examples.length === 0 ? '' : `  For example ${key.examples.join(' or ')}\n`;
  return `${key.path || 'The document'}: ${key.type}${neededOf(key, ', ')}\n  ${key.description}\n${examples}`;
}

/** Its default, or that it has to be there. */
function neededOf(key: KeyFacts, before = ''): string {
  if (key.path === '') return '';
  if (key.required) return `${before}required`;
  return key.default === null ? '' : `${before}default ${key.default}`;
}

/** Paths as seen from the key that was asked for. */
function tableOf(key: KeyFacts, keys: readonly KeyFacts[]): string {
  const rows = keys.map((each) => [
    `  ${key.path === '' ? each.path : each.path.slice(key.path.length).replace(/^(?:\[\]|\.NAME)*\./, '')}`,
    each.type,
    each.required ? 'required' : (each.default ?? ''),
    each.description,
  ]);
  return formatTable(['  KEY', 'TYPE', 'DEFAULT', 'WHAT'], rows);
}

/** A default is JSON in text for people, and the value itself here. */
function toJson(key: KeyFacts): object {
  return { ...key, default: key.default === null ? null : JSON.parse(key.default) };
}
