// When a kept connection sends: after the reads that are due. Bytes, an end or a reset that came while it was idle have
// been seen by then, so they cannot be taken for the answer to a request that was not sent yet. One immediate serves all
// connections of a turn of the event loop.

/** Something that has been put off to the end of the turn. */
export interface TurnTaker {
  onTurn(): void;
}

export class SendTurn {
  #waiting: TurnTaker[] = [];
  #spare: TurnTaker[] = [];
  readonly #run = (): void => {
    const due = this.#waiting;
    this.#waiting = this.#spare;
    for (let i = 0; i < due.length; i++) due[i]!.onTurn();
    due.length = 0;
    this.#spare = due;
  };

  /** `onTurn` is called once for every call of this. */
  add(taker: TurnTaker): void {
    if (this.#waiting.push(taker) === 1) setImmediate(this.#run);
  }
}
