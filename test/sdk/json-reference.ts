// What an editor should do, in plain JavaScript: once over text, byte by byte, and once over values.
import type { Edit, Rule } from './json-editor-guest.js';

/** A value in a document, with the spaces around it. Only for valid documents. */
interface Node {
  readonly lead: string;
  /** With quotes, colon and spaces; empty for an item. */
  readonly label: string;
  readonly text: string;
  readonly trail: string;
  readonly children: readonly Node[];
  /** Last token of the pointer to it, and null for the whole document. */
  readonly token: string | null;
  readonly isMember: boolean;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const WORD = /[^\s,\]}]+/y;
const CHARACTER = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|./gsu;

/** The document with the rules carried out: nothing else in it changes, and of the spaces only those that go with a comma. */
export function editText(document: string, rules: readonly Rule[]): string {
  const root = parse(document);
  const edit = editOf(rules, [], root.token);
  const isRemoved = edit !== null && lastOf(edit).do === 'remove';
  const text = isRemoved ? 'null' : textOf(root, edit, rules, []);
  return root.lead + text + root.trail;
}

/** The same over a parsed document. `undefined` is a member or item that goes. */
export function editValue(value: unknown, rules: readonly Rule[]): unknown {
  const edit = editOf(rules, [], null);
  return edit?.do === 'remove' ? null : changed(value, edit, rules, []);
}

function changed(
  value: unknown,
  edit: Edit | null,
  rules: readonly Rule[],
  path: readonly string[],
): unknown {
  if (edit?.do === 'rename' || edit?.do === 'add') throw new Error('only texts have members in an order');
  if (edit?.do === 'remove') return undefined;
  if (edit?.do === 'replace' || edit?.do === 'text') return edit.with;
  if (edit?.do === 'mask') return maskOf(value, edit.keep);
  if (typeof value !== 'object' || value === null) return value;
  const inner = (key: string, child: unknown, isMember: boolean): unknown => {
    const below = [...path, key];
    return changed(child, editOf(rules, below, isMember ? key : null), rules, below);
  };
  if (Array.isArray(value)) {
    return value.map((item, index) => inner(`${index}`, item, false)).filter((item) => item !== undefined);
  }
  const members = Object.entries(value).map(([key, child]) => [key, inner(key, child, true)] as const);
  return Object.fromEntries(members.filter(([, child]) => child !== undefined));
}

function maskOf(value: unknown, keep: number): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '****';
  return stars([...(typeof value === 'string' ? value : JSON.stringify(value))], keep);
}

function stars(characters: readonly string[], keep: number): string {
  const kept = keep < characters.length ? keep : 0;
  const hidden = characters.length - kept;
  return '*'.repeat(hidden) + characters.slice(hidden).join('');
}

/** The first rule that selects a value says what becomes of it. */
function editOf(rules: readonly Rule[], path: readonly string[], name: string | null): Edit | null {
  return (
    rules.find((rule) => ('name' in rule ? rule.name === name : leadsTo(rule.pointer, path)))?.edit ?? null
  );
}

function leadsTo(pointer: string, path: readonly string[]): boolean {
  const tokens = pointer.split('/').slice(1);
  return (
    tokens.length === path.length &&
    tokens.every((token, i) => token === '*' || token.replaceAll('~1', '/').replaceAll('~0', '~') === path[i])
  );
}

function textOf(node: Node, edit: Edit | null, rules: readonly Rule[], path: readonly string[]): string {
  if (edit?.do === 'replace' || edit?.do === 'text') return JSON.stringify(edit.with);
  if (edit?.do === 'mask') return maskedText(node.text, edit.keep);
  if (edit?.do === 'rename') return textOf(node, edit.rest, rules, path);
  const added = addedTo(node, edit);
  const rest = edit?.do === 'add' ? lastOf(edit) : edit;
  if (rest !== edit && rest?.do !== 'keep') return textOf(node, rest, rules, path);
  if (node.children.length === 0) return added === '' ? node.text : `{${added}}`;
  const open = node.text[0]!;
  const close = node.text.at(-1)!;
  let out = '';
  for (const child of node.children) {
    const below = [...path, child.token!];
    const inner = editOf(rules, below, child.isMember ? child.token : null);
    if (inner !== null && lastOf(inner).do === 'remove') {
      if (out !== '') out += child.trail;
      continue;
    }
    const lead = out === '' ? node.children[0]!.lead : `,${child.lead}`;
    out += lead + labelOf(child, inner) + textOf(child, inner, rules, below) + child.trail;
  }
  return open + [added, out].filter((part) => part !== '').join(',') + close;
}

/** What becomes of the value of a member, its name and further members aside. */
function lastOf(edit: Edit): Edit {
  return edit.do === 'rename' || edit.do === 'add' ? lastOf(edit.rest) : edit;
}

/** Members that an object gets, if it is one. */
function addedTo(node: Node, edit: Edit | null): string {
  if (edit === null || !node.text.startsWith('{')) return '';
  if (edit.do === 'rename') return addedTo(node, edit.rest);
  if (edit.do !== 'add') return '';
  const member = `${JSON.stringify(edit.name)}:${JSON.stringify(edit.with)}`;
  return [member, addedTo(node, edit.rest)].filter((part) => part !== '').join(',');
}

/** Of a member with the name that it gets last. */
function labelOf(node: Node, edit: Edit | null): string {
  if (!node.isMember || edit === null) return node.label;
  if (edit.do === 'add') return labelOf(node, edit.rest);
  if (edit.do !== 'rename') return node.label;
  STRING.lastIndex = 0;
  const name = STRING.exec(node.label)![0];
  return labelOf({ ...node, label: JSON.stringify(edit.to) + node.label.slice(name.length) }, edit.rest);
}

function maskedText(text: string, keep: number): string {
  if (text.startsWith('"')) return `"${stars(text.slice(1, -1).match(CHARACTER) ?? [], keep)}"`;
  return /^[-\d]/.test(text) ? `"${stars([...text], keep)}"` : '"****"';
}

function parse(document: string): Node {
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const text = pattern.exec(document)![0];
    at += text.length;
    return text;
  };
  const node = (token: string | null, isMember: boolean): Node => {
    const lead = take(SPACE);
    let label = '';
    if (isMember) {
      const name = take(STRING);
      token = JSON.parse(name) as string;
      label = name + take(SPACE) + document[at++] + take(SPACE);
    }
    const start = at;
    const children = value();
    return { lead, label, text: document.slice(start, at), trail: take(SPACE), children, token, isMember };
  };
  const value = (): Node[] => {
    const children: Node[] = [];
    const first = document[at]!;
    if (first === '"') take(STRING);
    else if (first !== '{' && first !== '[') take(WORD);
    else {
      at += 1;
      if (/^\s*[}\]]/.test(document.slice(at))) take(SPACE);
      else {
        do children.push(node(`${children.length}`, first === '{'));
        while (document[at++] === ',');
        at -= 1;
      }
      at += 1;
    }
    return children;
  };
  return node(null, false);
}
