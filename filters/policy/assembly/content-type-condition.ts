// Which content types a request may have.
import { Bytes, Headers, Json, mediaType, refuse } from 'sluice';

const SLASH: u8 = 0x2f;

export class ContentTypeCondition {
  private readonly types: Bytes[] = [];
  // `image/` stands for `image/*`.
  private readonly ranges: Bytes[] = [];

  /** Reads a list of media types; in `configure`. */
  static read(json: Json): ContentTypeCondition {
    const condition = new ContentTypeCondition();
    if (!json.isArray) refuse(json.pointer, 'expected a list of media types');
    for (let item = json.first(); item.exists; item = item.next()) {
      const type = item.bytes.toLowerCase();
      const slash = type.indexOfByte(SLASH);
      if (slash < 1 || slash + 1 == type.length || mediaType(type).length != type.length) {
        refuse(item.pointer, 'expected a media type such as application/json or image/*');
      }
      if (type.endsWith('/*')) condition.ranges.push(type.slice(0, slash + 1));
      else condition.types.push(type);
    }
    return condition;
  }

  /** One content type, and one of these: which of several a server takes is not ours to guess. */
  fits(headers: Headers): bool {
    const index = headers.find('content-type');
    if (index < 0 || headers.find('content-type', index + 1) >= 0) return false;
    const type = mediaType(headers.valueAt(index));
    for (let i = 0; i < this.types.length; i++) if (this.types[i].equalsBytes(type)) return true;
    for (let i = 0; i < this.ranges.length; i++) if (type.startsWithBytes(this.ranges[i])) return true;
    return false;
  }
}
