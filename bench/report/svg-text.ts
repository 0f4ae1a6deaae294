// How much room text takes in a chart. Nobody knows the reader's fonts, so letters are taken as wide as wide ones are.

export const FONT_SIZE = 12;
const LETTER = FONT_SIZE * 0.58;

export function widthOf(text: string): number {
  return [...text].length * LETTER;
}

/** Text in at most two lines of that width, cut where it does not fit into them. */
export function twoLines(text: string, width: number): string[] {
  const room = Math.max(1, Math.floor(width / LETTER));
  if ([...text].length <= room) return [text];
  const at = text.lastIndexOf(' ', room);
  const [first, rest] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [cut(text, room), ''];
  return rest === '' ? [first] : [first, cut(rest, room)];
}

/** Those of some labels that do not stand in another's room, from the first on. */
export function apart<T>(
  labels: readonly T[],
  centreOf: (label: T) => number,
  textOf: (label: T) => string,
): T[] {
  let end = Number.NEGATIVE_INFINITY;
  return labels.filter((label) => {
    const half = widthOf(textOf(label)) / 2;
    if (centreOf(label) - half < end + LETTER) return false;
    end = centreOf(label) + half;
    return true;
  });
}

function cut(text: string, room: number): string {
  const letters = [...text];
  return letters.length <= room ? text : `${letters.slice(0, room - 1).join('')}…`;
}
