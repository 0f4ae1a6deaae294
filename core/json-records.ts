// Values as JSON in one piece of memory, each parsed when it is asked for: thousands are two allocations, which a thread
// hands to another one without a copy. Floor 0, imports nothing of ours.

export interface JsonRecordsParts {
  /** UTF-8, one value after the other. */
  readonly text: Uint8Array;
  /** Where each begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

export class JsonRecords<Value> {
  readonly parts: JsonRecordsParts;
  readonly #text: Buffer;

  constructor(parts: JsonRecordsParts) {
    const { text } = parts;
    this.parts = parts;
    this.#text = Buffer.from(text.buffer, text.byteOffset, text.length);
  }

  /** @param values as JSON */
  static of<Value>(values: readonly string[]): JsonRecords<Value> {
    const starts = new Uint32Array(values.length + 1);
    for (const [at, value] of values.entries()) starts[at + 1] = starts[at]! + Buffer.byteLength(value);
    return new JsonRecords<Value>({ text: new TextEncoder().encode(values.join('')), starts });
  }

  get length(): number {
    return this.parts.starts.length - 1;
  }

  /** Another object each time. */
  at(index: number): Value {
    const { starts } = this.parts;
    return JSON.parse(this.#text.toString('utf8', starts[index]!, starts[index + 1]!)) as Value;
  }
}
