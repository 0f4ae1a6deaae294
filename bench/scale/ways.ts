// The ways in which bodies go through a gateway, and the configuration that has them all.
import { pageOf } from '../harness/documents.js';
import { FILTERS } from '../harness/job.js';
import type { Answers } from '../harness/upstream.js';
import type { Transfer } from './transfer.js';

const KIB = 1024;
const MIB = 1024 * KIB;

export interface Size {
  readonly name: string;
  readonly bytes: number;
}

export const SIZES: readonly Size[] = [
  { name: '1 KiB', bytes: KIB },
  { name: '10 KiB', bytes: 10 * KIB },
  { name: '100 KiB', bytes: 100 * KIB },
  { name: '1 MiB', bytes: MIB },
  { name: '10 MiB', bytes: 10 * MIB },
  { name: '100 MiB', bytes: 100 * MIB },
];

/** One way to move a body. */
export interface Way {
  /** Part of the ids of ratios, so it stays. */
  readonly id: string;
  readonly title: string;
  readonly sizes: readonly Size[];
  /** How much is moved next to other ways, where each byte is more work. */
  readonly share: number;
  /** Whether nginx as a plain proxy does the same. */
  readonly isPlain: boolean;
  transferOf(size: Size): Omit<Transfer, 'count' | 'connections'>;
}

/** validate holds no more than some MiB to a schema. */
const PAGES: readonly Size[] = [
  ...SIZES.filter(({ bytes }) => bytes <= MIB),
  { name: '4 MiB', bytes: 4 * MIB },
];
const pages = new Map<number, string>();
const pagePath = ({ bytes }: Size): string => `/filtered-page?bytes=${bytes}`;

const up =
  (place: string) =>
  ({ bytes }: Size) =>
    ({ method: 'POST', path: `${place}/bytes/${bytes}`, body: bytes, leastBytes: 1 }) as const;
const down =
  (place: string) =>
  ({ bytes }: Size) =>
    ({ method: 'GET', path: `${place}/bytes/${bytes}`, body: '', leastBytes: bytes }) as const;

export const WAYS: readonly Way[] = [
  { id: 'upload', title: 'Bodies up, no filter', sizes: SIZES, share: 1, isPlain: true, transferOf: up('') },
  {
    ...{ id: 'download', title: 'Bodies down, no filter', sizes: SIZES, share: 1 },
    ...{ isPlain: true, transferOf: down('') },
  },
  {
    ...{ id: 'held-upload', title: 'Bodies up, held for a filter', sizes: SIZES, share: 0.5 },
    ...{ isPlain: false, transferOf: up('/held') },
  },
  {
    ...{ id: 'held-download', title: 'Bodies down, held for a filter', sizes: SIZES, share: 0.5 },
    ...{ isPlain: false, transferOf: down('/held') },
  },
  {
    id: 'filtered',
    title: 'JSON up and down, policy + validate + sanitise',
    sizes: PAGES,
    share: 0.1,
    isPlain: false,
    transferOf: (size) => ({
      method: 'POST',
      path: pagePath(size),
      body: pageText(size),
      // Some of what comes back is redacted, and so shorter.
      leastBytes: size.bytes / 2,
    }),
  },
];

/** What the upstream has to answer for them. */
export function pageAnswers(): Answers {
  return Object.fromEntries(PAGES.map((size) => [pagePath(size), pageText(size)]));
}

/** The module of the filter that bodies are held for, by its name among the guests of the tests. */
export const HOLDING = 'hold-body';

/** Room for the largest body, and time for it on a busy machine. */
const FILTER_LIMITS = { deadlineMs: 20_000, memoryMb: 1024 };
const BODY_LIMITS = { requestBodyBytes: 128 * MIB, responseBufferBytes: 128 * MIB };

/** For the top level of a configuration: routes for every way, with limits that let all sizes through. */
export function waysConfig(): Readonly<Record<string, unknown>> {
  const filters = { ...FILTERS, hold: { module: `./${HOLDING}.wasm` } };
  const route = (id: string, path: string, methods: readonly string[], names: readonly string[]): object => ({
    ...{ id, match: { path, methods }, filters: names, upstream: 'sample' },
    ...{ limits: BODY_LIMITS, timeouts: { responseMs: 60_000 } },
  });
  return {
    filters: Object.fromEntries(
      Object.entries(filters).map(([name, filter]) => [name, { ...filter, limits: FILTER_LIMITS }]),
    ),
    routes: [
      route('plain', '/bytes/:count', ['GET', 'POST'], []),
      route('held', '/held/bytes/:count', ['GET', 'POST'], ['hold']),
      route('filtered', '/filtered-page', ['POST'], ['guard', 'page', 'clean-page']),
    ],
  };
}

function pageText({ bytes }: Size): string {
  const text = pages.get(bytes) ?? JSON.stringify(pageOf(bytes));
  pages.set(bytes, text);
  return text;
}
