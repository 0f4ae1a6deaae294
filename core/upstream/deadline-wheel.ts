// One coarse timer for the deadlines of all requests in flight. A request arms one in each of its three phases and
// hardly ever lets it run out: 0.1 µs a request here, 1.5 µs with setTimeout and clearTimeout.

import { raiseLater } from './raise-later.js';

/** Something that must happen in time. A connection is one, so that arming allocates nothing. */
export abstract class Deadline {
  /** Neighbours in the slot; null while it is in none. Owned by the wheel. */
  earlier: Deadline | null = null;
  later: Deadline | null = null;
  /** First tick at which the time is up; `RESTING` in a slot while disarmed. Owned by the wheel. */
  dueTick = 0;
  /** Tick at which the hand comes by its slot next. Owned by the wheel. */
  visitTick = 0;

  /** Called once when the time is up; the deadline is disarmed by then and may be armed again. */
  abstract onDeadline(): void;
}

/** Head of a circular list: an empty slot points at itself. */
class Slot extends Deadline {
  override earlier: Deadline = this;
  override later: Deadline = this;
  onDeadline(): void {}
}

const SLOTS = 1024;
/** No tick. */
const RESTING = -1;
/** A stalled event loop must not blame the upstream: at most this many ticks pass per turn of the loop. */
const TICKS_PER_TURN = 2;
/** The turn that comes next may pass its ticks at once, and the tick after it may be half over by then. */
const SLACK_TICKS = TICKS_PER_TURN + 1;

/**
 * Hashed timer wheel. A deadline never fires early; it fires late by up to three ticks plus the time that the event
 * loop was blocked. Its timer is unref'd and runs only while something is armed.
 *
 *   slot i holds the deadlines with `dueTick % SLOTS === i`, and some that were moved to another tick or rest since: the
 *   former are put into their right slot when the hand comes by, the latter into none. So to move a deadline beyond the next
 *   visit of the hand is one field write, as is to let it rest: a slot is a list, and its neighbours lie anywhere in memory.
 */
export class DeadlineWheel {
  readonly #tickMs: number;
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => new Slot());
  #tick = 0;
  #armed = 0;
  #timer: NodeJS.Timeout | null = null;
  #tickAtMs = 0;

  /** @param tickMs resolution; default 10 */
  constructor(tickMs = 10) {
    this.#tickMs = tickMs;
  }

  /** Number of deadlines that are armed. */
  get armed(): number {
    return this.#armed;
  }

  /** Sets the time that is left, whether armed already or not. */
  arm(deadline: Deadline, delayMs: number): void {
    const dueTick = this.#tick + Math.ceil(delayMs / this.#tickMs) + SLACK_TICKS;
    const isInSlot = deadline.later !== null;
    if ((!isInSlot || deadline.dueTick === RESTING) && this.#armed++ === 0 && this.#timer === null) {
      this.#start();
    }
    deadline.dueTick = dueTick;
    if (isInSlot) {
      if (dueTick >= deadline.visitTick) return;
      unlink(deadline);
    }
    this.#link(deadline);
  }

  /** Does nothing when it is not armed. Lets go of it: for what may be gone itself. */
  disarm(deadline: Deadline): void {
    if (deadline.later === null) return;
    if (deadline.dueTick !== RESTING) this.#armed--;
    unlink(deadline);
  }

  /** Likewise for what will be armed again, which costs less: the wheel may hold it until the hand comes by. */
  rest(deadline: Deadline): void {
    if (deadline.later === null || deadline.dueTick === RESTING) return;
    deadline.dueTick = RESTING;
    this.#armed--;
  }

  /** Moves the hand by one tick and fires what is due. The timer calls it. */
  advance(): void {
    this.#tick++;
    const slot = this.#slots[this.#tick % SLOTS]!;
    if (slot.later === slot) return;
    // Taken out of the wheel first: a callback may arm and disarm anything, this slot's deadlines included.
    const visited = new Slot();
    visited.later = slot.later;
    visited.earlier = slot.earlier;
    visited.later.earlier = visited;
    visited.earlier.later = visited;
    slot.later = slot.earlier = slot;
    while (visited.later !== visited) {
      const deadline = visited.later;
      unlink(deadline);
      if (deadline.dueTick > this.#tick) {
        this.#link(deadline);
      } else if (deadline.dueTick !== RESTING) {
        this.#armed--;
        try {
          deadline.onDeadline();
        } catch (bug) {
          raiseLater(bug);
        }
      }
    }
  }

  #link(deadline: Deadline): void {
    const slot = this.#slots[deadline.dueTick % SLOTS]!;
    deadline.visitTick = this.#tick + 1 + ((deadline.dueTick - this.#tick - 1) % SLOTS);
    const last = slot.earlier;
    deadline.earlier = last;
    deadline.later = slot;
    last.later = deadline;
    slot.earlier = deadline;
  }

  #start(): void {
    this.#tickAtMs = performance.now();
    this.#timer = setInterval(() => this.#turn(), this.#tickMs);
    this.#timer.unref();
  }

  #turn(): void {
    const nowMs = performance.now();
    for (let i = 0; i < TICKS_PER_TURN && nowMs - this.#tickAtMs >= this.#tickMs; i++) {
      this.#tickAtMs += this.#tickMs;
      this.advance();
    }
    if (nowMs - this.#tickAtMs >= this.#tickMs) this.#tickAtMs = nowMs;
    if (this.#armed > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

function unlink(deadline: Deadline): void {
  const { earlier, later } = deadline;
  earlier!.later = later;
  later!.earlier = earlier;
  deadline.earlier = null;
  deadline.later = null;
}
