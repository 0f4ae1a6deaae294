// What goes on of one chunk of a document: what stays, what is left out, what comes in its place, and what is held.
import { ABSENT, Bytes } from '../bytes';
import { Edits } from './edits';

@final
export class StreamOutput {
  private readonly edits: Edits = new Edits();
  /** From here on the host holds what the next chunk begins with. */
  private heldFrom: usize;
  // Where what is being left out begins, and what comes in its place.
  private dropFrom: usize;
  private dropJson: Bytes = ABSENT;

  /** @param isDropping the chunk begins in the midst of what is left out */
  constructor(
    private readonly window: Bytes,
    public isDropping: bool,
  ) {
    this.heldFrom = window.address + window.length;
    this.dropFrom = window.address;
  }

  get isEdited(): bool {
    return !this.edits.isEmpty;
  }

  get heldBytes(): i32 {
    return this.window.length - this.doneBytes;
  }

  /** The chunk with all edits done, without what is held. */
  get bytes(): Bytes {
    const done = this.window.slice(0, this.doneBytes);
    return this.edits.isEmpty ? done : this.edits.applyTo(done);
  }

  /** Leaves out what goes from `from` to where `endDrop` says, and puts `json` there. */
  drop(from: usize, json: Bytes): void {
    this.dropFrom = from;
    this.dropJson = json;
    this.isDropping = true;
  }

  endDrop(at: usize): void {
    this.edits.add(this.dropFrom, at, this.dropJson.address, this.dropJson.length);
    this.dropJson = ABSENT;
    this.isDropping = false;
  }

  /** Ends what was left out so far, and puts `json` in its place. */
  endDropWith(at: usize, json: Bytes): void {
    this.dropJson = json;
    this.endDrop(at);
  }

  /** What begins at `from` is held; what is being left out goes on in the next chunk. */
  hold(from: usize): void {
    this.heldFrom = from;
    if (!this.isDropping) return;
    this.endDrop(from);
    this.isDropping = true;
  }

  private get doneBytes(): i32 {
    return <i32>(this.heldFrom - this.window.address);
  }
}
