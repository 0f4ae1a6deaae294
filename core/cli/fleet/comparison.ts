// What a candidate changes of what a channel runs: lines of the document, and who reaches what.
import { parseDocument } from '../../config/document.js';
import type { GatewayConfig } from '../../config/model.js';
import { RouteTable } from '../../config/route-table.js';
import { validateParsed } from '../../config/validate.js';
import { ConfigErrors, GatewayError } from '../../errors.js';
import type { Channel } from '../../etcd/channel-store.js';
import { isValue, otherValue, type ReleaseDocument } from '../../etcd/release-store.js';
import { refuseOtherValue } from '../../release.js';
import { printable, printableLine } from '../printable.js';
import { moduleIdentity } from '../reach/module-identity.js';
import { diffReach, isWidening, type ReachChange } from '../reach/reach-diff.js';
import { formatReach } from '../reach/reach-report.js';
import type { Candidate } from './candidate.js';
import type { Fleet } from './fleet.js';
import { lineDiff } from './line-diff.js';

export interface Comparison {
  /** The channel runs it already, and all of it is there. */
  readonly isSame: boolean;
  /** Unified diff; empty when the documents are equal. */
  readonly diff: string;
  /** Null when nobody can tell, because the document of before cannot be read. */
  readonly changes: readonly ReachChange[] | null;
  /** More becomes reachable, or nobody can tell. */
  readonly isWidening: boolean;
  /** Why the release of before cannot be read or compared; null when it can. */
  readonly problem: string | null;
}

/** @param channel as it was read */
export async function compare(candidate: Candidate, channel: Channel, fleet: Fleet): Promise<Comparison> {
  const { pointer, name } = channel;
  const names = { before: `release ${pointer?.release ?? 'none'} of channel ${name}`, after: candidate.name };
  const noRoutes = { ...candidate.config, routes: RouteTable.of([]), filters: [], upstreams: [] };
  if (pointer === null) return judge(lineDiff('', candidate.text, names), noRoutes, candidate, null);
  let before: ReleaseDocument;
  try {
    before = await fleet.releases.readDocument(pointer.release);
    if (pointer.release === candidate.id) await readModules(pointer.release, fleet);
  } catch (cause) {
    const problem = problemIn(cause);
    return judge(lineDiff('', candidate.text, names), null, candidate, problem);
  }
  const text = before.text.toString();
  const diff = lineDiff(text, candidate.text, names);
  try {
    if (pointer.release === candidate.id) {
      if (!isValue(before.value, candidate.value)) throw otherValue(names.before);
      return { isSame: true, diff, changes: [], isWidening: false, problem: null };
    }
    const document = parseDocument(text, names.before);
    refuseOtherValue(document, before.value);
    // Secrets and certificates change nothing of what is reachable, and may be gone by now.
    const options = { folder: '/', findSecrets: () => [], readsTls: false };
    return judge(diff, validateParsed(document, options).config, candidate, null);
  } catch (cause) {
    return judge(diff, null, candidate, problemIn(cause));
  }
}

/** For people, as they want to see it before they agree. */
export function formatComparison({ diff, changes, problem }: Comparison): string {
  const reach = changes === null ? 'what becomes reachable is not known\n' : formatReach(changes);
  return `${problem === null ? '' : `${printableLine(problem)}\n`}${printable(diff)}${printable(reach)}`;
}

function judge(
  diff: string,
  before: GatewayConfig | null,
  candidate: Candidate,
  problem: string | null,
): Comparison {
  if (before === null) return { isSame: false, diff, changes: null, isWidening: true, problem };
  try {
    const changes = diffReach(before, candidate.config, { identify: moduleIdentity });
    return { isSame: false, diff, changes, isWidening: changes.some(isWidening), problem };
  } catch (cause) {
    // More paths cross each other than can be compared.
    if (!(cause instanceof RangeError)) throw cause;
    return { isSame: false, diff, changes: null, isWidening: true, problem: cause.message };
  }
}

async function readModules(release: string, { releases }: Fleet): Promise<void> {
  for (const digest of (await releases.manifest(release))!.modules) await releases.readModule(digest);
}

/** It is damaged, says something else than its text, or is of another version. */
function problemIn(cause: unknown): string {
  if (cause instanceof ConfigErrors) return cause.message;
  if (cause instanceof GatewayError && cause.code === 'SLUICE_CONFIG_RELEASE') return cause.message;
  throw cause;
}
