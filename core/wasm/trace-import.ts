// The import `trace`, which test harnesses offer and gateways do not: lines for the author of a filter.
import { IMPORT_TRACE } from '../../sdk/abi/names.js';
import type { GuestMemory } from './guest-memory.js';

/** Most bytes of a label and of a value; the rest is cut off. */
const MOST_BYTES = 8192;

/** What `valueLength` says in place of a length. */
const NOT_GIVEN = -1;

/** Stands in a label between the place of the call, which the build writes there, and what the author wrote. */
export const TRACE_PLACE_END = '\0';

export interface GuestTrace {
  readonly filterId: number;
  readonly label: string;
  /** Null for a value that is absent, undefined when none was given. */
  readonly value: string | null | undefined;
}

/** Takes each line when it is written. */
export type TraceSink = (trace: GuestTrace) => void;

/** The function for the import module of the ABI. */
export function traceFunctions(
  memory: GuestMemory,
  filterId: number,
  sink: TraceSink,
): Readonly<Record<string, unknown>> {
  const trace = (label: number, labelLength: number, value: number, valueLength: number): void => {
    const text = valueLength < 0 ? null : memory.text(value, valueLength, MOST_BYTES);
    sink({
      filterId,
      label: memory.text(label, labelLength, MOST_BYTES),
      value: valueLength === NOT_GIVEN ? undefined : text,
    });
  };
  return { [IMPORT_TRACE]: trace };
}
