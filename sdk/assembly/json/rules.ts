// Which values of a document an editor takes up, and what for: names at any depth, and pointers.
import { Bytes } from '../bytes';
import { JsonAction } from './action';
import { NameSet } from './name-set';
import { PathSet } from './path-set';
import { isScalar, MAX_DEPTH } from './scanner';

/** Without signs it is the largest number, so of two rules the lesser counts. */
export const NO_RULE: i32 = -1;

/** Built in `configure`, read by every `JsonEditor`. Where several rules select a value, the one that was added first counts. */
@final
export class JsonRules {
  /** @internal The number of a rule by name. */
  readonly names: NameSet;
  /** @internal The number of a rule by place. */
  readonly paths: PathSet = new PathSet();
  private readonly actions: JsonAction[] = [];
  private scalarRule: i32 = NO_RULE;
  private compiled: bool = false;

  /**
   * @param ignoreCase takes ASCII letters of either case as the same in names; pointers are always exact
   * @param maxDepth containers that may lie within one another in a document, 1 to 512
   */
  constructor(
    ignoreCase: bool = false,
    /** Containers that may lie within one another in a document. */
    readonly maxDepth: i32 = MAX_DEPTH,
  ) {
    if (maxDepth < 1 || maxDepth > MAX_DEPTH) throw new RangeError('the depth must be 1 to 512');
    this.names = new NameSet(ignoreCase);
  }

  /** Number of rules. */
  get size(): i32 {
    return this.actions.length;
  }

  /** Selects the values of all members with this name, which is compared decoded. */
  addName(name: Bytes, action: JsonAction): void {
    this.names.add(name, this.actions.push(action) - 1);
  }

  /**
   * Selects the values at an RFC 6901 pointer in which `*` stands for any member or item; `''` is the whole document. False
   * when it is no pointer.
   */
  addPointer(pointer: string, action: JsonAction): bool {
    if (!this.paths.add(pointer, this.actions.length)) return false;
    this.actions.push(action);
    return true;
  }

  /** Selects all strings and numbers that no name and no pointer selects, wherever they are. Names of members are no values. */
  addScalars(action: JsonAction): void {
    if (this.scalarRule == NO_RULE) this.scalarRule = this.actions.push(action) - 1;
  }

  /** To be called once, after the last rule. False when the pointers overlap in too many ways. */
  compile(): bool {
    this.compiled = this.paths.compile();
    return this.compiled;
  }

  /** True after `compile()`, unless that answered false. */
  get isCompiled(): bool {
    return this.compiled;
  }

  /** @internal The rule of `addScalars`, or `NO_RULE`. */
  get scalars(): i32 {
    return this.scalarRule;
  }

  /** @internal Whether a value may be selected wherever it is. */
  get selectAnywhere(): bool {
    return this.names.size > 0 || this.scalarRule != NO_RULE;
  }

  /** @internal Action of the rule with this number. */
  actionOf(rule: i32): JsonAction {
    return this.actions[rule];
  }
}

/**
 * Of the rules that select a value, each `NO_RULE` where there is none, the one that counts.
 * @param scalars selects it if nothing else does and a string or a number begins at `at`
 */
// @ts-ignore: decorator
@inline export function ruleThatCounts(byName: i32, byPlace: i32, scalars: i32, at: usize, end: usize): i32 {
  const rule = <i32>min<u32>(byName, byPlace);
  if (rule != NO_RULE || scalars == NO_RULE) return rule;
  return at < end && isScalar(load<u8>(at)) ? scalars : NO_RULE;
}
