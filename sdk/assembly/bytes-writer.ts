// Bytes in the making, in the arena: they grow as they are written.
import { Bytes, bytesOf } from './bytes';

const FIRST_ROOM: usize = 256;

/** Collects bytes. Every method but `bytes` returns the writer, so that calls can be chained. */
@final
export class BytesWriter {
  private start: usize = 0;
  private size: usize = 0;
  private room: usize = 0;

  /** What was written so far: a view that later writing may leave behind. */
  get bytes(): Bytes {
    return new Bytes(this.start, <i32>this.size);
  }

  /** Number of bytes written. */
  get length(): i32 {
    return <i32>this.size;
  }

  /** Adds text in UTF-8, `Bytes`, or an integer in decimal. */
  add<T>(value: T): BytesWriter {
    const bytes = bytesOf(value);
    return this.copy(bytes.address, bytes.length);
  }

  /** Adds one byte: the low eight bits of `value`. */
  byte(value: u32): BytesWriter {
    if (this.size == this.room) this.makeRoom(1);
    store<u8>(this.start + this.size++, value);
    return this;
  }

  /** Adds `length` bytes from an address. For the SDK. */
  copy(from: usize, length: usize): BytesWriter {
    if (this.size + length > this.room) this.makeRoom(length);
    memory.copy(this.start + this.size, from, length);
    this.size += length;
    return this;
  }

  private makeRoom(length: usize): void {
    const room = max(max(this.room * 2, FIRST_ROOM), this.size + length);
    const moved = __sluice_reserve(room);
    memory.copy(moved, this.start, this.size);
    this.start = moved;
    this.room = room;
  }
}
