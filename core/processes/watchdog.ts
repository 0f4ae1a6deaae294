// Notices processes whose event loop stands still, which serve nobody and do not end.
import type { ProcessSlot } from './process-slot.js';
import { PULSE_MS } from './pulse.js';
import type { SupervisedProcess } from './supervised-process.js';

/** One that lives has told so as often. A configuration of any size is built in slices, and never stops it for so long. */
const MOST_SILENT_TURNS = 10;

export class Watchdog {
  readonly #timer: NodeJS.Timeout;

  /**
   * Turns are counted, not seconds: who is stopped together with the processes, as a machine that sleeps, finds nothing.
   * @param hangs told once of each process that has been silent for too long
   */
  constructor(slots: readonly ProcessSlot[], hangs: (process: SupervisedProcess, silentMs: number) => void) {
    const look = (): void => {
      for (const slot of slots)
        for (const process of slot.alive)
          if (process.passTurn() === MOST_SILENT_TURNS) hangs(process, MOST_SILENT_TURNS * PULSE_MS);
    };
    this.#timer = setInterval(look, PULSE_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
