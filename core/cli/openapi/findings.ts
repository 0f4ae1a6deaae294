// What an import could not carry over, each with its place in the specification.
import { counted } from '../counted.js';

/**
 * What a finding means for the gateway: something documented is `left-out`, or refused (`narrower`); something
 * undocumented may pass (`wider`); or nothing of that, but somebody should know (`note`).
 */
export type Effect = 'left-out' | 'narrower' | 'wider' | 'note';

export interface Finding {
  readonly effect: Effect;
  /** The first place in the specification, a JSON Pointer that begins with `#`. */
  readonly place: string;
  readonly message: string;
  /** In how many places it was found. */
  readonly places: number;
}

const ORDER: readonly Effect[] = ['left-out', 'narrower', 'wider', 'note'];

/** Collects findings; the same message for several places is one finding. */
export class Findings {
  readonly #places = new Map<string, { effect: Effect; message: string; places: Set<string> }>();

  add(effect: Effect, place: string, message: string): void {
    const key = `${effect} ${message}`;
    const known = this.#places.get(key);
    if (known === undefined) this.#places.set(key, { effect, message, places: new Set([place]) });
    else known.places.add(place);
  }

  /** By effect, place and message, whatever the order in which they were found. */
  sorted(): readonly Finding[] {
    const findings = [...this.#places.values()].map(({ effect, message, places }) => ({
      effect,
      message,
      place: [...places].sort(byText)[0]!,
      places: places.size,
    }));
    return findings.sort(
      (a, b) =>
        ORDER.indexOf(a.effect) - ORDER.indexOf(b.effect) ||
        byText(a.place, b.place) ||
        byText(a.message, b.message),
    );
  }
}

/** One line for people. */
export function formatFinding({ effect, place, message, places }: Finding): string {
  const more = places === 1 ? '' : ` (and ${counted(places - 1, 'more place')})`;
  return `${effect}: ${place}: ${message}${more}`;
}

/** Order of texts that no locale has a say in. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
