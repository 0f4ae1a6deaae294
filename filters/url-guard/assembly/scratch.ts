// Room that is used again and again in one call: what is not kept must not add up, or a client could fill the memory.
export class Scratch {
  private start: usize = 0;
  private room: usize = 0;

  /** Address of room for `size` bytes. What the last call of `reserve` answered is this room too. */
  reserve(size: usize): usize {
    if (size > this.room) {
      this.room = max(size, this.room * 2);
      this.start = __sluice_reserve(this.room);
    }
    return this.start;
  }
}
