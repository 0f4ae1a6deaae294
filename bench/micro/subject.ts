// What the suite `micro` measures one after the other.
import type { Findings } from '../suite.js';
import type { Contender, Pace } from './stopwatch.js';
import { timeInTurn } from './stopwatch.js';

/** What one subject adds to the findings of the suite. */
export type Part = Pick<Findings, 'tables' | 'charts' | 'ratios' | 'notes'>;

export interface Subject {
  /** Says what is measured, for who waits. */
  readonly name: string;
  /** Contests that `measure` holds. */
  readonly contests: number;
  /**
   * Sees first that all sides do what is measured, and do the same.
   *
   * @throws AssertionError when they do not
   */
  measure(track: Track): Promise<Part>;
}

/** Where the subjects of a run hold their contests. */
export class Track {
  readonly #pace: Pace;
  readonly #step: (step: string) => void;

  /** @param step called before each contest */
  constructor(pace: Pace, step: (step: string) => void) {
    this.#pace = pace;
    this.#step = step;
  }

  /**
   * Lets contenders take turns.
   * @param adapt what of the pace of the run is other for them
   * @returns nanoseconds of an operation by the names of the contenders, round by round
   */
  async contest<Name extends string>(
    step: string,
    contenders: Readonly<Record<Name, Contender>>,
    adapt: (pace: Pace) => Partial<Pace> = () => ({}),
  ): Promise<Record<Name, readonly number[]>> {
    this.#step(step);
    const names = Object.keys(contenders) as Name[];
    const figures = await timeInTurn(
      names.map((name) => contenders[name]),
      { ...this.#pace, ...adapt(this.#pace) },
    );
    return Object.fromEntries(names.map((name, index) => [name, figures[index]!])) as unknown as Record<
      Name,
      readonly number[]
    >;
  }
}
