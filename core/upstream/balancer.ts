// Which target gets the next request. Knows weights, load and availability; opens nothing.

/** What a balancer needs to know of a target. */
export interface Candidate {
  /** Share relative to the others, above 0. */
  readonly weight: number;
  /** Requests it is working on. */
  readonly active: number;
  readonly available: boolean;
}

/** Chooses where the next request goes. */
export interface Balancer<C extends Candidate> {
  /**
   * @param tried candidates that this request must not be sent to again
   * @returns null when none is available
   */
  choose(tried?: readonly C[]): C | null;
}

/** @param balance how the requests are spread over `candidates` */
export function buildBalancer<C extends Candidate>(
  balance: 'round-robin' | 'least-requests',
  candidates: readonly C[],
): Balancer<C> {
  return balance === 'round-robin' ? new RoundRobin(candidates) : new LeastRequests(candidates);
}

const NONE: readonly never[] = Object.freeze([]);

/**
 * Smooth weighted round robin: every candidate earns its weight each turn, the richest is chosen and pays what all
 * earned together. Weights 5:1:1 give a a b a c a a, never five in a row.
 */
export class RoundRobin<C extends Candidate> implements Balancer<C> {
  readonly #candidates: readonly C[];
  readonly #credits: number[];

  constructor(candidates: readonly C[]) {
    this.#candidates = candidates;
    this.#credits = candidates.map(() => 0);
  }

  choose(tried: readonly C[] = NONE): C | null {
    const candidates = this.#candidates;
    // One alone has nobody to take turns with.
    if (candidates.length === 1 && tried.length === 0)
      return candidates[0]!.available ? candidates[0]! : null;
    return this.chooseAmong((candidate) => candidate.available && !tried.includes(candidate));
  }

  /** Takes a turn among the candidates for which `eligible` holds; the others earn nothing. */
  chooseAmong(eligible: (candidate: C) => boolean): C | null {
    const candidates = this.#candidates;
    const credits = this.#credits;
    let chosen = -1;
    let earned = 0;
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i]!;
      if (!eligible(candidate)) continue;
      credits[i]! += candidate.weight;
      earned += candidate.weight;
      if (chosen === -1 || credits[i]! > credits[chosen]!) chosen = i;
    }
    if (chosen === -1) return null;
    credits[chosen]! -= earned;
    return candidates[chosen]!;
  }
}

/** Fewest requests per weight; candidates that are equally loaded take turns by their weight. */
export class LeastRequests<C extends Candidate> implements Balancer<C> {
  readonly #candidates: readonly C[];
  readonly #turns: RoundRobin<C>;

  constructor(candidates: readonly C[]) {
    this.#candidates = candidates;
    this.#turns = new RoundRobin(candidates);
  }

  choose(tried: readonly C[] = NONE): C | null {
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of this.#candidates) {
      if (!candidate.available || tried.includes(candidate)) continue;
      least = Math.min(least, candidate.active / candidate.weight);
    }
    return this.#turns.chooseAmong(
      (candidate) =>
        candidate.active / candidate.weight === least && candidate.available && !tried.includes(candidate),
    );
  }
}
