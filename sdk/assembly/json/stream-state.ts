// Where the walk over a document stands between two chunks.
import { ABSENT, Bytes } from '../bytes';
import { Before, closerAt, indexAt, LEVEL, stateAt, storeLevel } from './levels';
import { MAX_DEPTH } from './scanner';

/** What the walk does next. */
export enum Step {
  /** A member, an item or the document begins. */
  Enter,
  /** A value begins, and no rule has a say in it. */
  Value,
  /** In the midst of a string that nobody looks at. */
  Text,
  /** Behind the bracket that opens a container. */
  First,
  /** A value is over. */
  After,
}

const MOST_LEAD: usize = 4096;
const UNMUTED: i32 = -1;

//   0 step   1 before   2 before when the mute ends   3 is dropping   4 depth   8 mute depth   12 closer   16 state   20 index
//   24 value state   28 bytes of the lead   32 levels from the floor on, then the lead
const FIXED: usize = 32;

@final
export class StreamState {
  step: Step = Step.Enter;
  depth: i32;
  closer: u32 = 0;
  /** State of the path set in the container. */
  state: i32 = -1;
  index: i32 = 0;
  before: Before = Before.Nothing;
  /** State of the path set in the value at hand. */
  valueState: i32;
  /** What comes is left out, up to the end of a value or of a run of removed ones. */
  isDropping: bool = false;
  /** Space behind a bracket, when all members or items so far were removed: it stays if one stays. */
  lead: Bytes = ABSENT;
  private muteDepth: i32 = UNMUTED;
  private beforeMute: Before = Before.Kept;
  private readonly levels: usize = __sluice_reserve(MAX_DEPTH * LEVEL);

  /**
   * @param bytes of `bytes`; empty at the start of a document
   * @param floor depth of the whole document
   * @param root state of the path set there
   */
  constructor(
    bytes: Bytes,
    private readonly floor: i32,
    root: i32,
  ) {
    this.depth = floor;
    this.valueState = root;
    if (!bytes.isEmpty) this.read(bytes.address);
  }

  private read(from: usize): void {
    this.step = <Step>load<u8>(from);
    this.before = <Before>load<u8>(from, 1);
    this.beforeMute = <Before>load<u8>(from, 2);
    this.isDropping = load<u8>(from, 3) != 0;
    this.depth = load<i32>(from, 4);
    this.muteDepth = load<i32>(from, 8);
    this.closer = load<u32>(from, 12);
    this.state = load<i32>(from, 16);
    this.index = load<i32>(from, 20);
    this.valueState = load<i32>(from, 24);
    const size = this.levelBytes;
    memory.copy(this.levels, from + FIXED, size);
    this.lead = new Bytes(from + FIXED + size, load<i32>(from, 28));
  }

  /** The state as bytes. */
  get bytes(): Bytes {
    const size = this.levelBytes;
    const length = FIXED + size + this.lead.length;
    const to = __sluice_reserve(length);
    store<u8>(to, <u8>this.step);
    store<u8>(to, <u8>this.before, 1);
    store<u8>(to, <u8>this.beforeMute, 2);
    store<u8>(to, this.isDropping ? 1 : 0, 3);
    store<i32>(to, this.depth, 4);
    store<i32>(to, this.muteDepth, 8);
    store<u32>(to, this.closer, 12);
    store<i32>(to, this.state, 16);
    store<i32>(to, this.index, 20);
    store<i32>(to, this.valueState, 24);
    store<i32>(to, this.lead.length, 28);
    memory.copy(to + FIXED, this.levels, size);
    memory.copy(to + FIXED + size, this.lead.address, this.lead.length);
    return new Bytes(to, <i32>length);
  }

  /** A container begins, as the value at hand. */
  push(closer: u32): void {
    storeLevel(this.levels + this.levelBytes, this.closer, this.state, this.index);
    this.depth++;
    this.closer = closer;
    this.state = this.valueState;
    this.index = 0;
    this.before = Before.Nothing;
  }

  /** It ends. */
  pop(): void {
    this.depth--;
    const level = this.levels + this.levelBytes;
    this.closer = closerAt(level);
    this.state = stateAt(level);
    this.index = indexAt(level);
    this.before = Before.Kept;
  }

  /** The value at hand is left out: no rule has a say in it. */
  get isMuted(): bool {
    return this.muteDepth != UNMUTED;
  }

  /** Whether a value that is left out is over. */
  get endsMute(): bool {
    return this.muteDepth == this.depth;
  }

  /** @param before what became of the members or items so far, when the value is over */
  mute(before: Before): void {
    this.muteDepth = this.depth;
    this.beforeMute = before;
  }

  unmute(): void {
    this.muteDepth = UNMUTED;
    this.before = this.beforeMute;
  }

  /** False when the space is longer than a state may be. */
  setLead(start: usize, end: usize): bool {
    if (end - start > MOST_LEAD) return false;
    this.lead = new Bytes(start, <i32>(end - start));
    return true;
  }

  private get levelBytes(): usize {
    return <usize>(this.depth - this.floor) * LEVEL;
  }
}
