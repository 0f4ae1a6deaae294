// What a row about a misbehaving guest says: what it does, in which phase, and what becomes of it.
import type { FilterFailure, PhaseName } from '../../core/wasm/guest-abi.js';

export interface Misbehaviour {
  readonly name: string;
  /** Folder of test/guests/. */
  readonly guest: string;
  /** Each of them is tried. */
  readonly phases: readonly PhaseName[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly path?: string;
  /** Default: long enough for a busy machine. */
  readonly deadlineMs?: number;
  readonly code: FilterFailure['code'];
  readonly message: RegExp;
}

/** Name, order, message of the failure. */
export type PuppetRow = readonly [name: string, body: Uint8Array, message: RegExp];

export const BOTH_PHASES: readonly PhaseName[] = ['request', 'response'];

/** Bytes of the puppet's memory while messages are small. */
export const PUPPET_BYTES = 4 * 65536;

/** As long as a domain may be, and what it takes in ASCII. */
export const LONG_DOMAIN = Buffer.from('\u00e9'.repeat(512));
export const LONG_SPELLED_BYTES = new URL(`http://${LONG_DOMAIN}`).hostname.length;

/** Misbehaviours of the guest that does what it is told. */
export function puppet(
  code: Misbehaviour['code'],
  phases: readonly PhaseName[],
  rows: readonly PuppetRow[],
): Misbehaviour[] {
  return rows.map(([name, body, message]) => ({ name, guest: 'puppet', phases, body, code, message }));
}
