// Who goes first when there are more threads than processors. Floor 0, imports nothing of ours.
import { constants, getPriority, platform, setPriority } from 'node:os';

/**
 * From now on threads that serve requests go before the calling one. There is no way back, so it is for threads that never
 * serve. On Linux a thread has a priority of its own; elsewhere it is the process that has one, and nothing is done.
 */
export function giveWay(): void {
  if (platform() !== 'linux') return;
  const { PRIORITY_BELOW_NORMAL } = constants.priority;
  // A gateway that was started at a lower one may not raise it.
  if (getPriority(0) < PRIORITY_BELOW_NORMAL) setPriority(0, PRIORITY_BELOW_NORMAL);
}
