// Texts of modules and guests in messages, which go to logs, terminals and the status of a fleet: a module may bring a name of
// 100 KB, and a guest a reason of 64 KB.

/** As much as a person reads. */
const MOST_CHARACTERS = 1024;

/** The text, or its beginning with a word about the rest. */
export function shortened(text: string, most = MOST_CHARACTERS): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}
