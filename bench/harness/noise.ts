// How quiet a machine is, from the kernel's accounting of all processors.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

export interface Noise {
  /** Share of all processors that others used in the moment before, when nothing of the bench ran; null where the kernel does not say. */
  readonly busyBefore: number | null;
  /** Share of the time that a hypervisor gave to somebody else meanwhile; null where the kernel does not say. */
  readonly stolen: number | null;
  /** Processes that ran or waited in the last minute, when the suite began. */
  readonly loadBefore: number;
}

/** Ticks of all processors since the machine started. */
interface Ticks {
  readonly total: number;
  readonly idle: number;
  readonly stolen: number;
}

/** Above these a reader is told that figures are rough. */
const ROUGH = { busyBefore: 0.1, stolen: 0.02 };
const LISTEN_MS = 500;

/** Listens to the machine for half a second, and tells at the end what came of it. */
export async function listenForNoise(): Promise<() => Noise> {
  const loadBefore = loadavg()[0]!;
  const first = ticksNow();
  await delay(LISTEN_MS);
  const second = ticksNow();
  const busyBefore = shareBetween(first, second, ({ total, idle }) => total - idle);
  return () => ({
    busyBefore,
    stolen: shareBetween(second, ticksNow(), ({ stolen }) => stolen),
    loadBefore,
  });
}

/** A sentence for a reader where the figures deserve doubt; null where it was quiet. */
export function doubtOf({ busyBefore, stolen }: Noise): string | null {
  if ((busyBefore ?? 0) > ROUGH.busyBefore)
    return `Others used ${percent(busyBefore!)} of the processors before it began: trust the ratios, not the times.`;
  if ((stolen ?? 0) > ROUGH.stolen)
    return `The hypervisor took ${percent(stolen!)} of the time: trust the ratios, not the times.`;
  return null;
}

/** What is known of it, in a line. */
export function noiseText({ busyBefore, stolen, loadBefore }: Noise): string {
  const known = [
    ...(busyBefore === null ? [] : [`others used ${percent(busyBefore)} of the processors before`]),
    ...(stolen === null ? [] : [`the hypervisor took ${percent(stolen)} of the time`]),
    `the load was ${loadBefore.toFixed(1)} before`,
  ];
  return known.join(', ');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function shareBetween(
  before: Ticks | null,
  after: Ticks | null,
  of: (ticks: Ticks) => number,
): number | null {
  if (before === null || after === null || after.total === before.total) return null;
  return (of(after) - of(before)) / (after.total - before.total);
}

/** The first line of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
function ticksNow(): Ticks | null {
  let text: string;
  try {
    text = readFileSync('/proc/stat', 'utf8');
  } catch {
    return null;
  }
  const fields = text.slice(0, text.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number);
  const total = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { total, idle: fields[3]! + fields[4]!, stolen: fields[7]! };
}
