// How deep a GraphQL document is nested, told from its characters before anything that calls itself for each level
// reads it.

const MARK = /["#()[\]{}]/g;

/** Most `{`, `[` and `(` within one another, whatever they belong to; those in strings and comments do not count. */
export function graphqlNesting(text: string): number {
  let depth = 0;
  let most = 0;
  MARK.lastIndex = 0;
  for (let found = MARK.exec(text); found !== null; found = MARK.exec(text)) {
    const at = found.index;
    switch (found[0]) {
      case '#':
        MARK.lastIndex = commentEnd(text, at);
        break;
      case '"':
        MARK.lastIndex = text.startsWith('"""', at) ? blockEnd(text, at + 3) : stringEnd(text, at + 1);
        break;
      case '{':
      case '[':
      case '(':
        depth += 1;
        if (depth > most) most = depth;
        break;
      default:
        depth -= 1;
    }
  }
  return most;
}

/** A line ends with LF or CR; no other character ends one (GraphQL §2.1.2). */
function commentEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return at;
}

/** A string that its line does not close ends the document for every reader. */
function stringEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '"') return at + 1;
    else if (character === '\n' || character === '\r') break;
  }
  return text.length;
}

function blockEnd(text: string, start: number): number {
  let end = text.indexOf('"""', start);
  while (end > start && text[end - 1] === '\\') end = text.indexOf('"""', end + 3);
  return end === -1 ? text.length : end + 3;
}
