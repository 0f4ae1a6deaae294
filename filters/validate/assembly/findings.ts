// What was found amiss with a message: places and rules, never what stood there.
import { Bytes, JsonWriter, Verdict } from 'sluice';

const MOST_FINDINGS = 20;

/** Collected in a call. */
@final
export class Findings {
  private readonly writer: JsonWriter = new JsonWriter().beginArray();
  private count: i32 = 0;
  /** The first one, as JSON. */
  first: Bytes = Bytes.from('');

  get isEmpty(): bool {
    return this.count == 0;
  }

  /** @param place where: `query`, `body` … @param name of a parameter, empty for all of the place */
  add(place: string, name: string, rule: string, message: string): void {
    if (this.count == MOST_FINDINGS) return;
    const pointer = new JsonWriter().text(
      name == '' ? '' : '/' + name.replaceAll('~', '~0').replaceAll('/', '~1'),
    );
    this.addRaw(
      place,
      pointer.bytes,
      new JsonWriter().text(rule).bytes,
      new JsonWriter().text(message).bytes,
    );
  }

  /** Adds what the schemas found. @param depth names around the value, in the pointers */
  addVerdict(verdict: Verdict, depth: i32, place: string): void {
    if (verdict.isValid) return;
    if (verdict.isNotJson) return this.add(place, '', 'json', 'must be JSON');
    for (let finding = verdict.findings.first(); finding.exists; finding = finding.next()) {
      let pointer = finding.get('pointer').raw;
      let where = place;
      if (depth > 0 && pointer.length > 2 + 2 * depth) {
        // A quote, then a slash and a digit for each name, then the place.
        const rest = pointer.slice(2 + 2 * depth);
        let end = 0;
        while (rest[end] != 0x2f && rest[end] != 0x22) end++;
        where = rest.slice(0, end).toString();
        pointer = Bytes.from('"' + rest.slice(end).toString());
      }
      this.addRaw(where, pointer, finding.get('rule').raw, finding.get('message').raw);
    }
  }

  /** All of them, as JSON. */
  get json(): Bytes {
    return this.writer.endArray().bytes;
  }

  private addRaw(place: string, pointer: Bytes, rule: Bytes, message: Bytes): void {
    if (this.count == MOST_FINDINGS) return;
    const entry = new JsonWriter().beginObject().name('in').text(place);
    entry.name('pointer').raw(pointer).name('rule').raw(rule).name('message').raw(message).endObject();
    if (this.count == 0) this.first = entry.bytes;
    this.writer.raw(entry.bytes);
    this.count++;
  }
}
