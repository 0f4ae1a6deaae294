// RFC 6901 pointers with `*` for any member or index, compiled to one automaton: while a document is walked there
// is one state for each level, however many pointers there are.
import { Bytes } from '../bytes';
import { NameSet } from './name-set';

/** No pointer leads into this value. */
export const DEAD = -1;

// Of a place where no pointer ends.
const NONE = -1;

const MAX_STATES = 4096;
const DIGITS = 10;

@final
class State {
  readonly children: NameSet = new NameSet();
  /** State of members and indexes that no literal names. */
  other: i32 = DEAD;
  /** Least value of the pointers that end here. */
  value: i32 = NONE;
}

/** A place in a pointer: what is left of it. */
@final
class Rest {
  constructor(
    readonly tokens: string[],
    readonly position: i32,
    readonly value: i32,
  ) {}

  get isOver(): bool {
    return this.position == this.tokens.length;
  }

  get token(): string {
    return this.tokens[this.position];
  }

  next(): Rest {
    return new Rest(this.tokens, this.position + 1, this.value);
  }
}

/** Built in `configure`, read afterwards. */
@final
export class PathSet {
  private readonly pointers: Rest[] = [];
  private readonly states: State[] = [];
  private readonly digits: usize = __sluice_reserve(16);

  /**
   * Adds a pointer with a value of 0 or more. False when it is none: not empty, and not beginning with `/`, or `~` without
   * 0 or 1.
   */
  add(pointer: string, value: i32): bool {
    if (pointer.length > 0 && pointer.charCodeAt(0) != 0x2f) return false;
    const tokens = pointer.split('/');
    for (let i = 1; i < tokens.length; i++) {
      const token = tokens[i];
      for (let k = token.indexOf('~'); k >= 0; k = token.indexOf('~', k + 1)) {
        const digit = k + 1 < token.length ? token.charCodeAt(k + 1) : 0;
        if (digit != 0x30 && digit != 0x31) return false;
      }
    }
    this.pointers.push(new Rest(tokens, 1, value));
    return true;
  }

  /** To be called once, after the last `add`. False when the pointers need more states than there may be. */
  compile(): bool {
    return this.pointers.length == 0 || this.build(this.pointers) >= 0;
  }

  /** State of the whole document. */
  get root(): i32 {
    return this.pointers.length == 0 ? DEAD : 0;
  }

  /** Least value of the pointers that end in a state, or -1. */
  // @ts-ignore: decorator
  @inline
  valueOf(state: i32): i32 {
    return state == DEAD ? -1 : this.stateAt(state).value;
  }

  /** State of the member whose name has this content, in a container with this state. */
  // @ts-ignore: decorator
  @inline
  member(state: i32, name: usize, length: i32, hasEscapes: bool): i32 {
    return state == DEAD ? DEAD : this.livingMember(state, name, length, hasEscapes);
  }

  /** State of the item at `index`, in a container with this state. */
  // @ts-ignore: decorator
  @inline
  item(state: i32, index: i32): i32 {
    return state == DEAD ? DEAD : this.livingItem(state, index);
  }

  private livingMember(state: i32, name: usize, length: i32, hasEscapes: bool): i32 {
    const from = this.stateAt(state);
    if (from.children.size == 0) return from.other;
    const found = from.children.findRaw(name, length, hasEscapes);
    return found >= 0 ? found : from.other;
  }

  private livingItem(state: i32, index: i32): i32 {
    const from = this.stateAt(state);
    if (from.children.size == 0) return from.other;
    let at = this.digits + DIGITS;
    let left = index;
    do {
      store<u8>(--at, 0x30 + (left % 10));
      left /= 10;
    } while (left > 0);
    const found = from.children.find(at, <i32>(this.digits + DIGITS - at));
    return found >= 0 ? found : from.other;
  }

  // Without the null check that reading an array of references makes: all are there.
  // @ts-ignore: decorator
  @inline
  private stateAt(state: i32): State {
    return changetype<State>(load<usize>(this.states.dataStart + (<usize>state << 2)));
  }

  /** Builds the state in which all of `rests` are alive. Answers its number, or -1 at the limit. */
  private build(rests: Rest[]): i32 {
    const number = this.states.length;
    if (number == MAX_STATES) return -1;
    const state = new State();
    this.states.push(state);
    const wild: Rest[] = [];
    for (let i = 0; i < rests.length; i++) {
      const rest = rests[i];
      if (rest.isOver) state.value = <i32>min<u32>(state.value, rest.value);
      else if (rest.token == '*') wild.push(rest.next());
    }
    if (wild.length > 0) {
      state.other = this.build(wild);
      if (state.other < 0) return -1;
    }
    for (let i = 0; i < rests.length; i++) {
      if (rests[i].isOver) continue;
      const token = rests[i].token;
      const name = Bytes.from(token.replaceAll('~1', '/').replaceAll('~0', '~'));
      if (token == '*' || state.children.has(name)) continue;
      const alive = wild.slice();
      for (let k = i; k < rests.length; k++) {
        const rest = rests[k];
        if (!rest.isOver && rest.token == token) alive.push(rest.next());
      }
      const child = this.build(alive);
      if (child < 0) return -1;
      state.children.add(name, child);
    }
    return number;
  }
}
