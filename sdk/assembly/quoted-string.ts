// Quoted strings of field values (RFC 9110 §5.6.4).
import { Bytes } from './bytes';

/** Index behind the quote that closes the string which opens at `from`; the end of the text when none does. */
export function quotedEnd(text: Bytes, from: i32): i32 {
  for (let i = from + 1; i < text.length; i++) {
    const byte = text[i];
    if (byte == 0x22) return i + 1;
    if (byte == 0x5c) i++;
  }
  return text.length;
}

/** True when the whole text is one quoted string. */
export function isQuotedString(text: Bytes): bool {
  const last = text.length - 1;
  if (last < 1 || text[0] != 0x22 || text[last] != 0x22) return false;
  for (let i = 1; i < last; i++) {
    let byte = text[i];
    if (byte == 0x22) return false;
    if (byte == 0x5c) {
      if (++i == last) return false;
      byte = text[i];
    }
    if ((byte < 0x20 && byte != 0x09) || byte == 0x7f) return false;
  }
  return true;
}

/** The content of a quoted string without its escapes; any other text as it is. */
export function unquoted(text: Bytes): Bytes {
  if (!isQuotedString(text)) return text;
  return unescaped(text.slice(1, text.length - 1));
}

/** What stands between quotes without its escapes; the same view when it has none. */
export function unescaped(content: Bytes): Bytes {
  if (content.indexOfByte(0x5c) < 0) return content;
  const to = __sluice_reserve(content.length);
  let written = 0;
  for (let i = 0; i < content.length; i++) {
    if (content[i] == 0x5c) i++;
    store<u8>(to + written++, content[i]);
  }
  return new Bytes(to, written);
}
