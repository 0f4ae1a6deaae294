// Says when one of a set of files changed. It asks for their state every now and then: these files come by mounts and
// links of platforms, which send no events.
import { stat } from 'node:fs/promises';

/** How often they are looked at: a change is told of after two looks at the latest, when it has settled. */
const LOOK_MS = 500;

/** Clocks of file systems tick slower than ours. */
const TICK_MS = 20;

export class FileWatch {
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  /** States by path, as they are known to whoever is told of changes. */
  #known: ReadonlyMap<string, string> = new Map();
  /** States of the last look, where they are others. */
  #unsettled: ReadonlyMap<string, string> | null = null;
  #looking = false;
  #closed = false;

  /** @param changed is told once for each change, after the files stayed the same for a look */
  constructor(changed: () => void, lookMs: number = LOOK_MS) {
    this.#changed = changed;
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
  }

  /**
   * Follows these files in place of those of before, links followed, also while they are missing.
   * @param readAtMs when somebody began to read them, in milliseconds since 1970: a change after that is told of
   */
  async follow(paths: ReadonlySet<string>, readAtMs: number): Promise<void> {
    const states = await statesOf(paths);
    this.#known = new Map(
      [...states].map(([path, { text, changedMs }]) => [path, changedMs > readAtMs - TICK_MS ? 'new' : text]),
    );
    this.#unsettled = null;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#known.size === 0) return;
    this.#looking = true;
    const known = this.#known;
    const states = new Map(
      [...(await statesOf(new Set(known.keys())))].map(([path, { text }]) => [path, text]),
    );
    this.#looking = false;
    // Others are followed by now, or nobody listens any more.
    if (this.#closed || known !== this.#known) return;
    const settled = this.#unsettled;
    this.#unsettled = isSame(states, known) ? null : states;
    if (settled === null || this.#unsettled === null || !isSame(states, settled)) return;
    this.#known = states;
    this.#unsettled = null;
    this.#changed();
  }
}

interface State {
  readonly text: string;
  /** Of its content or its owner; 0 when there is none. */
  readonly changedMs: number;
}

async function statesOf(paths: ReadonlySet<string>): Promise<Map<string, State>> {
  return new Map(await Promise.all([...paths].map(async (path) => [path, await stateOf(path)] as const)));
}

async function stateOf(path: string): Promise<State> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(' '), changedMs: Number(ctimeMs) };
  } catch (error) {
    return { text: String((error as NodeJS.ErrnoException).code), changedMs: 0 };
  }
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, state]) => b.get(path) === state);
}
