// Pieces of a text that are replaced by others, and the text that comes of it.
import { Bytes } from 'sluice';

/** Of one call. Pieces are added in the order in which they stand. */
export class Splices {
  private readonly pieces: Bytes[] = [];
  private readonly replacements: Bytes[] = [];

  constructor(private readonly text: Bytes) {}

  get isEmpty(): bool {
    return this.pieces.length == 0;
  }

  /** A piece that is replaced by itself does not count. */
  add(piece: Bytes, replacement: Bytes): void {
    if (piece.equalsBytes(replacement)) return;
    this.pieces.push(piece);
    this.replacements.push(replacement);
  }

  get result(): Bytes {
    const text = this.text;
    let size = text.length;
    for (let i = 0; i < this.pieces.length; i++) size += this.replacements[i].length - this.pieces[i].length;
    const start = __sluice_reserve(size);
    let to = start;
    let from = text.address;
    for (let i = 0; i < this.pieces.length; i++) {
      const piece = this.pieces[i];
      to = copy(to, from, piece.address - from);
      to = copy(to, this.replacements[i].address, this.replacements[i].length);
      from = piece.address + piece.length;
    }
    copy(to, from, text.address + text.length - from);
    return new Bytes(start, size);
  }
}

/** Answers the address behind the copy. */
function copy(to: usize, from: usize, length: usize): usize {
  memory.copy(to, from, length);
  return to + length;
}
