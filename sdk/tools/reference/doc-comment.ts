// Reads doc comments.
import type { DocComment, DocTag } from './api-model.js';

/** What stands before a line of a comment in the source. */
const GUTTER = /^[ \t]*\* ?/;
const TAG = /^@([a-z]+)\s*/;

/** @param source the comment with its delimiters */
export function parseDocComment(source: string): DocComment {
  const lines = source
    .replace(/^\/\*\*[ \t]?/, '')
    .replace(/[ \t]*\*\/$/, '')
    .split(/\r?\n/)
    .map((line, index) => (index === 0 ? line : line.replace(GUTTER, '')).trimEnd());
  const text: string[] = [];
  const tags: { name: string; lines: string[] }[] = [];
  for (const line of lines) {
    const tag = TAG.exec(line);
    if (tag !== null) tags.push({ name: tag[1]!, lines: [line.slice(tag[0].length)] });
    else (tags.at(-1)?.lines ?? text).push(line);
  }
  return {
    text: text.join('\n').trim(),
    tags: tags.map((tag): DocTag => ({ name: tag.name, text: tag.lines.join('\n').trim() })),
  };
}

/** True for what is exported for other files of the SDK, and not for authors. */
export function isInternal(doc: DocComment | null): boolean {
  return doc?.tags.some(({ name }) => name === 'internal') ?? false;
}
