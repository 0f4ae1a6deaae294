// Fields that RFC 9651 (before: RFC 8941) gives their syntax, such as `priority`, `content-digest` or `signature-input`.
import { ABSENT, Bytes } from '../bytes';
import { scanDictionary, scanList, scanMember, skipSpaces } from './scanner';
import { Shape, StructuredItem, StructuredMembers } from './member';

/**
 * Each checks the whole value first: one byte that is wrong makes it absent, as the standard asks for. A list or dictionary
 * may come in several lines: give it `combinedField`.
 */
export namespace structured {
  /** A field that is one item. */
  export function item(value: Bytes): StructuredItem {
    const text = trimmed(value);
    const end = text.address + text.length;
    // An inner list is no item.
    if (text.isEmpty || text[0] == 0x28 || scanMember(text.address, end) != end) {
      return new StructuredItem(ABSENT, ABSENT);
    }
    const members = new StructuredMembers(text, Shape.List);
    members.next();
    return members.item;
  }

  /** A field that is a list of items and inner lists; one without a byte is a list without members. */
  export function list(value: Bytes): StructuredMembers {
    const text = trimmed(value);
    const end = text.address + text.length;
    return new StructuredMembers(scanList(text.address, end) == end ? text : ABSENT, Shape.List);
  }

  /** A field that is a dictionary; one without a byte is a dictionary without members. */
  export function dictionary(value: Bytes): StructuredMembers {
    const text = trimmed(value);
    const end = text.address + text.length;
    return new StructuredMembers(scanDictionary(text.address, end) == end ? text : ABSENT, Shape.Dictionary);
  }
}

/** Without spaces at both ends; a tab there is an error. */
function trimmed(value: Bytes): Bytes {
  let end = value.address + value.length;
  const start = skipSpaces(value.address, end);
  while (end > start && load<u8>(end - 1) == 0x20) end--;
  return new Bytes(start, <i32>(end - start));
}
