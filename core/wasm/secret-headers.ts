// Headers that get a secret when the request leaves. Edits travel as text, so an edit says it as text:
// `filter id:secret id:text before it`.

/** What filters and logs see of a header that a secret goes into. */
export const SECRET_PLACEHOLDER = '[secret]';

/** Which secret goes into a header. */
export interface SecretHeader {
  readonly filterId: number;
  /** Place in the grants of that filter. */
  readonly secretId: number;
  /** What stands before it, one character for each byte. */
  readonly before: string;
}

export function writeSecretHeader({ filterId, secretId, before }: SecretHeader): string {
  return `${filterId}:${secretId}:${before}`;
}

/**
 * What goes into a header in place of `value`; null when that is no placeholder that a filter left: a later filter may
 * have put something else there, and a client may send whatever it likes.
 * @param asked by name of the header, as the edits of filters say it
 */
export function readSecretHeader(
  name: string,
  value: string,
  asked: ReadonlyMap<string, string>,
): SecretHeader | null {
  if (value !== SECRET_PLACEHOLDER) return null;
  const text = asked.get(name);
  if (text === undefined) return null;
  const first = text.indexOf(':');
  const second = text.indexOf(':', first + 1);
  return {
    filterId: Number(text.slice(0, first)),
    secretId: Number(text.slice(first + 1, second)),
    before: text.slice(second + 1),
  };
}
