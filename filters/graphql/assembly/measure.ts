// What an operation or a fragment comes to, and what they come to together once fragments are followed.
import { Bytes } from 'sluice';

/** `...Name`, and where it stands. */
@final
export class Spread {
  constructor(
    readonly name: Bytes,
    /** Fields around it. */
    readonly level: i32,
    /** How often what is in it counts. */
    readonly times: f64,
  ) {}
}

@final
export class Measure {
  depth: i32 = 0;
  // Fragments of fragments multiply: counts may be beyond any integer.
  aliases: f64 = 0;
  rootFields: f64 = 0;
  directives: f64 = 0;
  complexity: f64 = 0;
  introspects: bool = false;
  readonly spreads: Spread[] = [];
  private isOpen: bool = false;
  private isDone: bool = false;

  /** @param name empty for an operation without one */
  constructor(
    readonly name: Bytes,
    readonly isFragment: bool,
    /** A query, not a mutation or a subscription. */
    readonly isQuery: bool,
  ) {}

  /** Adds what the fragments come to. False for a cycle, and for a fragment that is not there. */
  follow(fragments: Measure[]): bool {
    if (this.isDone) return true;
    if (this.isOpen) return false;
    this.isOpen = true;
    for (let i = 0; i < this.spreads.length; i++) {
      const spread = this.spreads[i];
      const fragment = fragmentNamed(fragments, spread.name);
      if (fragment == null || !fragment.follow(fragments)) return false;
      this.depth = max(this.depth, spread.level + fragment.depth);
      this.aliases += fragment.aliases;
      this.directives += fragment.directives;
      this.complexity += spread.times * fragment.complexity;
      if (spread.level == 0) this.rootFields += fragment.rootFields;
      if (fragment.introspects) this.introspects = true;
    }
    this.isDone = true;
    return true;
  }
}

/** The fragment of this name; null when there is none. */
export function fragmentNamed(fragments: Measure[], name: Bytes): Measure | null {
  for (let i = 0; i < fragments.length; i++) if (fragments[i].name.equalsBytes(name)) return fragments[i];
  return null;
}
