// The versions of the ABI that this gateway runs, as operators and authors read them.
import { ABI_VERSION, OLDEST_ABI_VERSION } from '../../sdk/abi/abi.js';
import { VERSION } from '../version.js';

/** Both ends are run. */
export interface AbiRange {
  readonly oldest: number;
  readonly newest: number;
}

export const ABI_RANGE: AbiRange = Object.freeze({ oldest: OLDEST_ABI_VERSION, newest: ABI_VERSION });

/** `1`, or `1 to 3`. */
export function formatAbiRange({ oldest, newest }: AbiRange = ABI_RANGE): string {
  return oldest === newest ? `${newest}` : `${oldest} to ${newest}`;
}

/**
 * Why a gateway with this range does not run a module, and what to do about it; null when it does.
 * @param version what the manifest says
 */
export function abiProblem(version: unknown, range: AbiRange = ABI_RANGE): string | null {
  if (!Number.isInteger(version)) {
    return `found ${JSON.stringify(version)}, expected a whole number; this gateway runs ABI ${formatAbiRange(range)}`;
  }
  const abi = version as number;
  if (abi >= range.oldest && abi <= range.newest) return null;
  const other = abi > range.newest ? 'a newer gateway' : 'an older gateway';
  return (
    `found ${abi}, this gateway runs ABI ${formatAbiRange(range)}: ` +
    `build the filter for that with @sluice/sdk ${VERSION}, or run ${other}`
  );
}
