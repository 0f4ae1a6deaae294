// From a path template of a specification (`/pets/{id}`) to a pattern of a route (`/pets/:id`). A pattern has parameters
// of whole segments only: a segment that is a parameter in part (`{name}.json`) becomes a parameter with a rule.
import { checkPathPattern } from '../../path-pattern.js';

/** A parameter of the pattern. */
export interface PathParameter {
  /** Its name in the pattern. */
  readonly name: string;
  /** Names of the template that fill it: one, or several for a segment of parts; none for a literal. */
  readonly fills: readonly string[];
  /** What the decoded segment matches; null when it is the parameter and nothing else. */
  readonly rule: string | null;
}

export interface PathTemplate {
  readonly pattern: string;
  readonly parameters: readonly PathParameter[];
}

const NAMES = /\{([^{}]*)\}/g;
/** What stands in a pattern as it is. */
const LITERAL = /[A-Za-z0-9\-._~!$&'()+,;=:@\u0080-\uffff]/;
const SYNTAX = /[\^$\\.*+?()[\]{}|/]/g;

/** Reads a template; answers what is wrong with it, as a sentence, when no pattern takes the same paths. */
export function readPathTemplate(template: string): PathTemplate | string {
  if (!template.startsWith('/')) return 'does not begin with "/"';
  if (/[?#]/.test(template.replace(NAMES, '')))
    return 'has a query or a fragment, and routes know paths only';
  const parameters: PathParameter[] = [];
  const segments = template
    .slice(1)
    .split('/')
    .map((segment) => readSegment(segment, parameters));
  const pattern = `/${segments.join('/')}`;
  const problem = checkPathPattern(pattern);
  return problem === null ? { pattern, parameters } : `cannot be a route: expected ${problem}`;
}

function readSegment(segment: string, parameters: PathParameter[]): string {
  const fills = [...segment.matchAll(NAMES)].map((match) => match[1]!);
  const isWhole = fills.length === 1 && segment === `{${fills[0]}}`;
  const isLiteral = fills.length === 0 && !segment.startsWith(':') && !segment.includes('*');
  if (isLiteral) return encodeLiteral(segment);
  const name = uniqueName(fills.length === 0 ? 'literal' : fills.join('_'), parameters);
  parameters.push({ name, fills, rule: isWhole ? null : ruleOf(segment) });
  return `:${name}`;
}

/** Names of parameters have letters, digits and `_`. */
function uniqueName(wanted: string, taken: readonly PathParameter[]): string {
  const legal = wanted.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9]|$)/, '_');
  let name = legal;
  for (let copy = 2; taken.some((parameter) => parameter.name === name); copy += 1) name = `${legal}_${copy}`;
  return name;
}

/** A segment of parts as a regular expression: each parameter is at least one character. */
function ruleOf(segment: string): string {
  const parts = segment.split(/\{[^{}]*\}/).map((literal) => decode(literal).replace(SYNTAX, '\\$&'));
  return `^${parts.join('.+')}$`;
}

function decode(literal: string): string {
  try {
    return decodeURIComponent(literal);
  } catch {
    return literal;
  }
}

/** Percent-encodes what a client would have to. */
function encodeLiteral(literal: string): string {
  return literal.replace(/%[0-9A-Fa-f]{2}|[\s\S]/gu, (character) =>
    character.length === 3 && character.startsWith('%')
      ? character
      : LITERAL.test(character)
        ? character
        : encodeURIComponent(character),
  );
}

/** Scheme and host of a server's URL, as far as it has them; variables may stand for either. */
const ORIGIN = /^(?:[a-z{][a-z0-9+.{}_-]*:)?\/\/[^/?#]*/i;

/** Names of the variables in the path of a server's URL. */
export function namesInPath(url: string): string[] {
  return [...url.replace(ORIGIN, '').matchAll(NAMES)].map((match) => match[1]!);
}

/** The path of a server's URL, without the slashes at its end; what is wrong with it when it has none. */
export function basePathOf(
  url: string,
  variables: (name: string) => string | undefined,
): string | { problem: string } {
  let problem: string | null = null;
  const filled = url.replace(NAMES, (_, name: string) => {
    const value = variables(name);
    if (value === undefined) problem = `the variable ${JSON.stringify(name)} has no default`;
    return value ?? '';
  });
  if (problem !== null) return { problem };
  const path = filled
    .replace(ORIGIN, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '');
  return path === '' || path.startsWith('/') ? path : `/${path}`;
}
