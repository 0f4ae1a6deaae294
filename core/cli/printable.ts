// Text that somebody else wrote, for a terminal: what would move the cursor or hide text is shown as what it is.

const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Keeps line feeds and tabs. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** The same in one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, '; '));
}
