// Finds imports and string literals of TypeScript and AssemblyScript. It reads tokens, not lines, so that an import in a
// comment, a string or a template does not count.

type Token = { readonly kind: 'word' | 'mark' | 'text'; readonly value: string };

// One alternative for each kind of token. A regular expression literal can only stand where a value can begin.
const TOKEN =
  /\/\/[^\n]*|\/\*.*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|\s+|./suy;
const REGEX = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const VALUE_BEFORE = /^(?:[)\]}]|[\w$]+)$/;
const KEYWORD_BEFORE_VALUE = /^(?:return|typeof|case|in|of|void|delete|throw|new|await|yield|else|do)$/;

/** Specifiers that `source` imports, in order: static, type-only, re-exported, dynamic, `import('…')` types. */
export function importsOf(source: string): string[] {
  const tokens = tokenize(source);
  const found: string[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== 'word' || tokens[index - 1]?.value === '.') return;
    const specifier =
      token.value === 'import'
        ? importedBy(tokens, index + 1)
        : token.value === 'export'
          ? reExportedBy(tokens, index + 1)
          : undefined;
    if (specifier !== undefined) found.push(specifier);
  });
  return found;
}

/** Texts of the string literals of `source`, in order, without their quotes, escapes as they stand. */
export function textsOf(source: string): string[] {
  return tokenize(source)
    .filter((token) => token.kind === 'text')
    .map((token) => token.value);
}

function importedBy(tokens: readonly Token[], start: number): string | undefined {
  const first = tokens[start];
  if (first?.kind === 'text') return first.value;
  if (first?.value === '(') return tokens[start + 1]?.kind === 'text' ? tokens[start + 1]!.value : undefined;
  // `import.meta`, or a member that is called `import`.
  if (first === undefined || (first.kind === 'mark' && first.value !== '{' && first.value !== '*'))
    return undefined;
  return fromClause(tokens, start) ?? requireClause(tokens, start);
}

function reExportedBy(tokens: readonly Token[], start: number): string | undefined {
  const first = tokens[start]?.value === 'type' ? start + 1 : start;
  const value = tokens[first]?.value;
  return value === '{' || value === '*' ? fromClause(tokens, first) : undefined;
}

/** The text after `from`, if the clause that begins at `start` has one: names, braces, commas, `*` and `as`. */
function fromClause(tokens: readonly Token[], start: number): string | undefined {
  for (let index = start; index < tokens.length; index++) {
    const { kind, value } = tokens[index]!;
    const next = tokens[index + 1];
    if (value === 'from' && next?.kind === 'text') return next.value;
    if (kind === 'mark' && !'{},*'.includes(value)) return undefined;
    // Two words may only meet around `as`, `type` and `from`; else the clause has ended without a source.
    if (value === '}' && next?.value !== 'from' && next?.value !== ',') return undefined;
  }
  return undefined;
}

/** `import name = require('…')` */
function requireClause(tokens: readonly Token[], start: number): string | undefined {
  const [name, equals, require, open, text] = tokens.slice(start, start + 5);
  const isRequire = name?.kind === 'word' && equals?.value === '=' && require?.value === 'require';
  return isRequire && open?.value === '(' && text?.kind === 'text' ? text.value : undefined;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  // Depth of braces at which each `${` of the templates we are in closes.
  const templates: number[] = [];
  let braces = 0;
  let at = 0;
  const skipTemplate = (): void => {
    while (at < source.length) {
      const char = source[at++];
      if (char === '\\') at++;
      else if (char === '`') return;
      else if (char === '$' && source[at] === '{') {
        at++;
        templates.push(braces++);
        return;
      }
    }
  };
  while (at < source.length) {
    if (source[at] === '/' && source[at + 1] !== '/' && source[at + 1] !== '*' && isValuePlace(tokens)) {
      REGEX.lastIndex = at;
      const length = REGEX.exec(source)?.[0].length;
      if (length !== undefined) {
        at += length;
        tokens.push({ kind: 'mark', value: ')' });
        continue;
      }
    }
    TOKEN.lastIndex = at;
    const text = TOKEN.exec(source)![0];
    at += text.length;
    if (text === '`') {
      skipTemplate();
      tokens.push({ kind: 'mark', value: ')' });
    } else if (text === '}' && templates.at(-1) === braces - 1) {
      braces = templates.pop()!;
      skipTemplate();
    } else if (text.startsWith('//') || text.startsWith('/*') || text.trim() === '') {
      // Nothing that could import.
    } else if (text.length > 1 && (text[0] === '"' || text[0] === "'")) {
      tokens.push({ kind: 'text', value: text.slice(1, -1) });
    } else {
      if (text === '{') braces++;
      if (text === '}') braces--;
      tokens.push({ kind: /^[\p{ID_Start}$_\d]/u.test(text) ? 'word' : 'mark', value: text });
    }
  }
  return tokens;
}

function isValuePlace(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  if (last === undefined) return true;
  if (last.kind === 'text') return false;
  return !VALUE_BEFORE.test(last.value) || KEYWORD_BEFORE_VALUE.test(last.value);
}
