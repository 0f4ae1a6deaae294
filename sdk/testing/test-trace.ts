// Lines that filters write with trace(), and how they look on a terminal.
import { type GuestTrace, TRACE_PLACE_END } from '../../core/wasm/trace-import.js';

/** One call of `trace()`. */
export interface TestTrace {
  /** Name of the filter. */
  readonly filter: string;
  /** Where the call stands, `assembly/index.ts:12`; null when its label is no text in the source. */
  readonly place: string | null;
  /** What the line is about. */
  readonly label: string;
  /** The value as text, at most 8192 bytes of it; null for one that is absent, undefined when none was given. */
  readonly value: string | null | undefined;
}

/** What tests see of a call: the place that the build wrote in front of the label comes off. */
export function toTestTrace(filter: string, { label, value }: GuestTrace): TestTrace {
  const end = label.indexOf(TRACE_PLACE_END);
  return { filter, place: end < 0 ? null : label.slice(0, end), label: label.slice(end + 1), value };
}

/** One line, without its end. */
export function formatTrace({ filter, place, label, value }: TestTrace): string {
  const shown = value === undefined ? '' : `: ${value ?? '(absent)'}`;
  return printable(`trace ${place ?? filter} ${label}${shown}`);
}

/** One line for a terminal. Values are what a client sent: they must not speak to it. */
export function printable(line: string): string {
  return line.replace(
    /[\0-\x1f\x7f-\x9f\u2028\u2029]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
