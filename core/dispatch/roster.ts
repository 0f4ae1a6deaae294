// Which workers serve and which are kept in reserve, and which of them is the one for a job. Starts and ends none.
import type { Channel } from './channel.js';

export class Roster {
  #active: Channel[] = [];
  #spares: Channel[] = [];

  /** Those that jobs are given to. */
  get active(): readonly Channel[] {
    return this.#active;
  }

  /** Those that are kept warm to take the place of one that ended. */
  get spares(): readonly Channel[] {
    return this.#spares;
  }

  get all(): Channel[] {
    return [...this.#active, ...this.#spares];
  }

  has(channel: Channel): boolean {
    return this.#active.includes(channel) || this.#spares.includes(channel);
  }

  addActive(channel: Channel): void {
    this.#active.push(channel);
  }

  addSpare(channel: Channel): void {
    this.#spares.push(channel);
  }

  remove(channel: Channel): void {
    this.#active = this.#active.filter((other) => other !== channel);
    this.#spares = this.#spares.filter((other) => other !== channel);
  }

  /** Puts spares, ready ones first, in the place of workers that are gone, until `count` serve. */
  promote(count: number): void {
    while (this.#active.length < count && this.#spares.length > 0) {
      const spare = this.#spares.find(({ isReady }) => isReady) ?? this.#spares[0]!;
      this.remove(spare);
      this.#active.push(spare);
    }
  }

  /** The spare serves from now on, and the other is a spare, with the jobs that it has. Nothing when it is gone. */
  exchange(active: Channel, spare: Channel): void {
    if (!this.#active.includes(active)) return;
    this.#active = this.#active.map((other) => (other === active ? spare : other));
    this.#spares = this.#spares.map((other) => (other === spare ? active : other));
  }

  /**
   * The least busy worker: of those that serve, if there are any, and of those that load no filter meanwhile. Undefined
   * when none is left.
   * @param apart choose a spare, away from the jobs of others, if there is one
   */
  choose(apart: boolean): Channel | undefined {
    let best: Channel | undefined;
    for (const channel of apart && this.#spares.length > 0 ? this.#spares : this.#active)
      if (best === undefined || isBetter(channel, best)) best = channel;
    return best;
  }
}

function isBetter(one: Channel, other: Channel): boolean {
  if (one.isReady !== other.isReady) return one.isReady;
  const isLoading = one.loads > 0;
  if (isLoading !== other.loads > 0) return !isLoading;
  return one.load < other.load;
}
