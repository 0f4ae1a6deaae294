// Writes an API down in Markdown: a table of contents, a heading for each export, a block for each declaration.
import assert from 'node:assert/strict';
import type { ApiEntry, ApiItem, ApiTopic, DocComment } from './api-model.js';

/** One API of the page, such as that of a module specifier. */
export interface ReferencePart {
  readonly title: string;
  /** Markdown that stands before the topics. */
  readonly introduction: string;
  readonly topics: readonly ApiTopic[];
  /** Path in links to the sources, ending in `/`; null: sources are not linked. */
  readonly sources: string | null;
}

/**
 * Makes the page. The same parts give the same text.
 * @param head Markdown of the top, title included
 */
export function formatReference(head: string, parts: readonly ReferencePart[]): string {
  checkAnchors(parts);
  return `${[head, contents(parts), ...parts.map(formatPart)].join('\n\n')}\n`;
}

/** Where a heading is, as Markdown pages are commonly shown: lower case, punctuation dropped, blanks made hyphens. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** `class Bytes`: a name alone would not tell `clock` from `Clock`. */
function headingOf({ name, signature }: ApiEntry): string {
  const kind = signature.split(' ').find((word) => KINDS.has(word));
  assert(kind !== undefined, signature);
  return `${kind} ${name}`;
}

const KINDS: ReadonlySet<string> = new Set([
  'class',
  'const',
  'enum',
  'function',
  'interface',
  'namespace',
  'type',
]);

function checkAnchors(parts: readonly ReferencePart[]): void {
  const anchors = new Set<string>();
  const headings = parts.flatMap(({ title, topics }) => [
    title,
    ...topics.flatMap((topic) => [topic.title, ...topic.entries.map(headingOf)]),
  ]);
  for (const anchor of headings.map(anchorOf)) {
    assert(!anchors.has(anchor), `two headings come to #${anchor}`);
    anchors.add(anchor);
  }
}

/** Links to the exports of one part. */
class Links {
  readonly #anchors: ReadonlyMap<string, string>;
  readonly #members: ReadonlyMap<string, readonly ApiItem[]>;

  constructor({ topics }: ReferencePart) {
    const entries = topics.flatMap((topic) => topic.entries);
    this.#anchors = new Map(entries.map((entry) => [entry.name, anchorOf(headingOf(entry))]));
    this.#members = new Map(entries.map((entry) => [entry.name, entry.members]));
  }

  membersOf(name: string): readonly ApiItem[] {
    return this.#members.get(name) ?? [];
  }

  to(name: string): string {
    return `[\`${name}\`](#${this.#anchors.get(name)})`;
  }

  /** Text of a comment: names of exports become links, and what is no code cannot be taken for HTML. */
  within(text: string, self: string): string {
    // An indented line is an example, and stays as it is.
    return text.replaceAll(/^ {4}.*|`([^`]*)`|</gm, (found, code: string | undefined) => {
      if (code === undefined) return found === '<' ? '&lt;' : found;
      return code !== self && this.#anchors.has(code) ? this.to(code) : found;
    });
  }
}

function contents(parts: readonly ReferencePart[]): string {
  return parts
    .flatMap((part) => {
      const links = new Links(part);
      return [
        `- [${part.title}](#${anchorOf(part.title)})`,
        ...part.topics.map(({ title, entries }) => {
          const names = entries.map(({ name }) => links.to(name));
          return `  - [${title}](#${anchorOf(title)}): ${names.join(' ')}`;
        }),
      ];
    })
    .join('\n');
}

function formatPart(part: ReferencePart): string {
  const links = new Links(part);
  const topics = part.topics.flatMap(({ title, entries }) => [
    `## ${title}`,
    ...entries.map((entry) => formatEntry(entry, part.sources, links)),
  ]);
  return [`# ${part.title}`, part.introduction, ...topics].join('\n\n');
}

function formatEntry(entry: ApiEntry, sources: string | null, links: Links): string {
  const isEnum = entry.signature.startsWith('enum ');
  return [
    `### ${headingOf(entry)}`,
    code(isEnum ? enumText(entry) : entry.signature),
    ...comment(entry.doc, entry.name, links),
    ...(entry.base === null ? [] : [inherited(entry.base, links)]),
    ...(sources === null ? [] : [`Source: [${entry.file}](${sources}${entry.file})`]),
    ...(isEnum
      ? [entry.members.map((member) => enumLine(entry, member, links)).join('\n')]
      : entry.members.flatMap((member) => [
          code(member.signature),
          ...comment(member.doc, entry.name, links),
        ])),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

function inherited(base: string, links: Links): string {
  const names = links.membersOf(base).map(({ name }) => `\`${name}\``);
  return names.length === 0 ? '' : `Inherited from ${links.to(base)}: ${names.join(' ')}`;
}

function enumText({ signature, members }: ApiEntry): string {
  return `${signature} {\n${members.map((member) => `  ${member.signature},\n`).join('')}}`;
}

function enumLine(entry: ApiEntry, { name, doc }: ApiItem, links: Links): string {
  const said = doc === null ? '' : `: ${links.within(doc.text, entry.name).replaceAll('\n', '\n  ')}`;
  return `- \`${entry.name}.${name}\`${said}`;
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

const TAGS: ReadonlyMap<string, string> = new Map([
  ['returns', 'Returns '],
  ['throws', 'Throws '],
]);

function comment(doc: DocComment | null, self: string, links: Links): string[] {
  if (doc === null) return [];
  const tags = doc.tags.map(({ name, text }) => {
    const parameter = name === 'param' ? /^(\S+)\s+(.*)$/s.exec(text) : null;
    const said =
      parameter === null ? `${TAGS.get(name) ?? `${name}: `}${text}` : `\`${parameter[1]}\`: ${parameter[2]}`;
    return `- ${links.within(said, self).replaceAll('\n', '\n  ')}`;
  });
  return [links.within(doc.text, self), tags.join('\n')].filter((block) => block !== '');
}
