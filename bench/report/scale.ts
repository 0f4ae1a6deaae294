// Axes: where values stand on them, and where their marks are.

/** From values to a place between 0 and 1. */
export interface Scale {
  readonly isLogarithmic: boolean;
  readonly least: number;
  readonly most: number;
  /** Ascending, the ends included. */
  readonly marks: readonly number[];
  /** Values outside are taken as the nearest end. */
  place(value: number): number;
}

/** Bars whose lengths differ by more than this are not seen next to each other on an even scale. */
export const WIDE_BARS = 100;
/** Lines whose points differ by more than a decade lie on the axis where they are low. */
export const WIDE_LINES = 10;
const MARKS = 5;
/** From here on only powers of ten are marked. */
const MANY_DECADES = 3;

/** Even from zero, or logarithmic where the greatest value is more than `wide` times the least. */
export function scaleFor(values: readonly number[], wide: number): Scale {
  const known = values.filter(Number.isFinite);
  const least = Math.min(...known);
  return known.length > 0 && least > 0 && Math.max(...known) / least > wide
    ? logarithmicScale(known)
    : evenScale([0, ...known]);
}

/** Of all the values, with ends that are round. */
export function evenScale(values: readonly number[]): Scale {
  const [low, high] = ends(values);
  const step = roundStep((high - low || Math.abs(high) || 1) / MARKS);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const marks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return scaleOf(false, marks, (value) => value);
}

/** Of values above zero; an even one where some are not. */
export function logarithmicScale(values: readonly number[]): Scale {
  const [low, high] = ends(values);
  if (low <= 0) return evenScale(values);
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const factors = last - first >= MANY_DECADES ? [1] : [1, 2, 5];
  const marks: number[] = [];
  for (let decade = first; decade <= last; decade += 1)
    for (const factor of factors) marks.push(factor * 10 ** decade);
  const from = marks.findLastIndex((mark) => mark <= low * (1 + 1e-9));
  const to = marks.findIndex((mark) => mark >= high * (1 - 1e-9));
  return scaleOf(true, marks.slice(from, Math.max(to, from + 1) + 1), Math.log10);
}

function scaleOf(isLogarithmic: boolean, marks: readonly number[], evenly: (value: number) => number): Scale {
  const [least, most] = [marks[0]!, marks.at(-1)!];
  const [from, to] = [evenly(least), evenly(most)];
  const place = (value: number): number =>
    (evenly(Math.min(most, Math.max(least, value))) - from) / (to - from);
  return { isLogarithmic, least, most, marks, place };
}

function ends(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}

/** 1, 2 or 5 times a power of ten, not below `raw`. */
function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw * (1 - 1e-9))!;
}
