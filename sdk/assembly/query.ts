// The query of a request, parameter by parameter. `&` separates; `;` is an ordinary character.
import { ABSENT, Bytes } from './bytes';
import { percentDecode } from './percent';

/**
 * Walks over a query: `while (query.next()) … query.name … query.value`. Empty pieces (`a=1&&b=2`) are skipped.
 */
@final
export class Query {
  /** Name of the current parameter as sent. */
  rawName: Bytes = ABSENT;
  /** Value of the current parameter as sent; absent when there is no `=`. */
  rawValue: Bytes = ABSENT;
  private position: i32 = 0;

  /** @param text without the `?` */
  constructor(private readonly text: Bytes) {}

  /** Goes to the next parameter. False after the last. */
  next(): bool {
    const text = this.text;
    while (this.position < text.length) {
      let end = text.indexOfByte(0x26, this.position);
      if (end < 0) end = text.length;
      const start = this.position;
      this.position = end + 1;
      if (end == start) continue;
      const piece = text.slice(start, end);
      const equal = piece.indexOfByte(0x3d);
      this.rawName = equal < 0 ? piece : piece.slice(0, equal);
      this.rawValue = equal < 0 ? ABSENT : piece.slice(equal + 1);
      return true;
    }
    return false;
  }

  /** Name of the current parameter, percent-decoded, `+` as space; `exists` is false when it is malformed. */
  get name(): Bytes {
    return percentDecode(this.rawName, true);
  }

  /** Value of the current parameter, percent-decoded, `+` as space; `exists` is false when malformed or absent. */
  get value(): Bytes {
    return percentDecode(this.rawValue, true);
  }

  /** Value of the first parameter from here on that is called `name`; empty when it has no `=`. */
  get(name: string): Bytes {
    while (this.next()) {
      if (!this.name.equals(name)) continue;
      return this.rawValue.exists ? this.value : this.rawName.slice(0, 0);
    }
    return ABSENT;
  }
}
