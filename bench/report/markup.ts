// HTML and SVG as text, in which whatever is put in is escaped unless it was made here.

/** A piece of a page that is meant to be read as markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may hold: text and numbers are escaped, lists are put one after another. */
export type Part = string | number | Markup | readonly Part[];

/** A piece of a page; `${}` may stand between tags, and in attributes with double quotes. */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    literals.map((literal, index) => literal + (index < parts.length ? textOf(parts[index]!) : '')).join(''),
  );
}

export const NO_MARKUP = new Markup('');

function textOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  return typeof part === 'object' ? part.map(textOf).join('') : escaped(String(part));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters have no place in a page, not even escaped (HTML, 13.5). */
function escaped(text: string): string {
  return text
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
