// What takes the place of values, one draft after the other: they lie side by side, so thousands of short ones cost no more
// than their bytes.
import { Bytes } from 'sluice';

const FIRST_ROOM: usize = 4096;

/** Made in `configure`; `reset` begins a call. */
@final
export class Draft {
  private start: usize = 0;
  private size: usize = 0;
  private room: usize = 0;

  /** Forgets all drafts: the memory of the last call is gone. */
  reset(): void {
    this.start = 0;
    this.size = 0;
    this.room = 0;
  }

  /** Begins a draft; those before stay until the call is over. */
  begin(): void {
    this.start += this.size;
    this.room -= this.size;
    this.size = 0;
  }

  get bytes(): Bytes {
    return new Bytes(this.start, <i32>this.size);
  }

  add(bytes: Bytes): void {
    this.copy(bytes.address, bytes.length);
  }

  copy(from: usize, length: usize): void {
    this.reserve(length);
    memory.copy(this.start + this.size, from, length);
    this.size += length;
  }

  fill(byte: u8, count: usize): void {
    this.reserve(count);
    memory.fill(this.start + this.size, byte, count);
    this.size += count;
  }

  private reserve(length: usize): void {
    const wanted = this.size + length;
    if (wanted <= this.room) return;
    const room = max(wanted * 2, FIRST_ROOM);
    const moved = __sluice_reserve(room);
    memory.copy(moved, this.start, this.size);
    this.start = moved;
    this.room = room;
  }
}
