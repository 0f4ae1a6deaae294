// The edits of one document, in its order, and the document that comes of them.
import { Bytes } from '../bytes';
import { isSpace, scanString } from './scanner';

// An edit: u32 first byte and end of what goes, u32 address and length of what comes.
const EDIT: usize = 16;

/** Edits lie side by side, none overlaps another, and none touches a byte before the last. */
@final
export class Edits {
  private start: usize = 0;
  private top: usize = 0;
  private room: usize = 0;

  get isEmpty(): bool {
    return this.top == this.start;
  }

  add(start: usize, end: usize, json: usize, length: i32): void {
    if (this.top == this.room) this.makeRoom();
    const edit = this.top;
    store<u32>(edit, <u32>start);
    store<u32>(edit, <u32>end, 4);
    store<u32>(edit, <u32>json, 8);
    store<u32>(edit, length, 12);
    this.top = edit + EDIT;
  }

  /** Takes out a member or item that another stays before: with its comma, and in one edit with what goes just before that. */
  removeAfter(start: usize, end: usize): void {
    const comma = spaceBefore(start) - 1;
    if (!this.isEmpty && load<u32>(this.top - EDIT, 4) == <u32>comma) store<u32>(this.top - EDIT, <u32>end, 4);
    else this.add(comma, end, 0, 0);
  }

  /** Ends the last edit, which took out all members or items so far, where the first that stays begins. */
  endRun(start: usize): void {
    store<u32>(this.top - EDIT, <u32>start, 4);
  }

  /**
   * Ends it at the bracket that closes the container: an empty one is left, without spaces.
   * @param isAdded the edit before the last one added something to the container, with a comma at its end that goes as well
   */
  closeRun(closer: usize, isAdded: bool): void {
    const edit = this.top - EDIT;
    store<u32>(edit, <u32>spaceBefore(load<u32>(edit)));
    store<u32>(edit, <u32>closer, 4);
    if (isAdded) store<u32>(edit - EDIT, load<u32>(edit - EDIT, 12) - 1, 12);
  }

  /** Puts another name, in quotes, in place of the one at `start`, whose value is at `value`. */
  replaceName(start: usize, value: usize, name: Bytes): void {
    this.add(start, scanString(start + 1, value), name.address, name.length);
  }

  /** The document with all edits done. */
  applyTo(document: Bytes): Bytes {
    let size: usize = document.length;
    for (let edit = this.start; edit < this.top; edit += EDIT) {
      size += <usize>load<u32>(edit, 12) + load<u32>(edit) - load<u32>(edit, 4);
    }
    const start = __sluice_reserve(size);
    let to = start;
    let from = document.address;
    for (let edit = this.start; edit < this.top; edit += EDIT) {
      const run = <usize>load<u32>(edit) - from;
      const length = <usize>load<u32>(edit, 12);
      memory.copy(to, from, run);
      memory.copy(to + run, load<u32>(edit, 8), length);
      to += run + length;
      from = load<u32>(edit, 4);
    }
    memory.copy(to, from, document.address + document.length - from);
    return new Bytes(start, <i32>size);
  }

  private makeRoom(): void {
    const used = this.top - this.start;
    const room = used == 0 ? 16 * EDIT : used * 2;
    // Grows in place as long as the filter allocates nothing in between.
    const moved = used == 0 ? heap.alloc(room) : heap.realloc(this.start, room);
    this.start = moved;
    this.top = moved + used;
    this.room = moved + room;
  }
}

/** First of the spaces that end at `at`, inside of a document: some other byte is always before them. */
function spaceBefore(at: usize): usize {
  while (isSpace(load<u8>(at - 1))) at--;
  return at;
}
