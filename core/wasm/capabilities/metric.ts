// The `metrics` capability: a guest defines metrics in `configure` and adds to them in its calls.
import { isDeepStrictEqual } from 'node:util';
import { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM } from '../../../sdk/abi/abi.js';
import { IMPORT_METRIC_DEFINE, IMPORT_METRIC_RECORD } from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';
import {
  type MetricDefinition,
  type MetricKind,
  MetricTable,
  MOST_BOUNDS,
  MOST_METRICS,
} from './metric-table.js';

const KINDS: ReadonlyMap<number, MetricKind> = new Map([
  [METRIC_COUNTER, 'counter'],
  [METRIC_GAUGE, 'gauge'],
  [METRIC_HISTOGRAM, 'histogram'],
]);
const MOST_TEXT_BYTES = 1024;
/** Of metrics and of labels; those of Prometheus without capitals and colons. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** What needs no escaping wherever metrics are written. */
const LABEL_VALUE = /^[A-Za-z0-9 ._:/@-]{0,64}$/;

interface Defined {
  readonly place: number;
  readonly definition: MetricDefinition;
}

/** What a guest passes for one definition, as JSON: kinds, names and bounds in one piece. */
interface Description {
  readonly name?: unknown;
  readonly help?: unknown;
  readonly labels?: unknown;
  readonly bounds?: unknown;
}

export class MetricCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #table: MetricTable;
  readonly #defined: Defined[] = [];
  #configuring = true;

  constructor(memory: GuestMemory, table: SharedArrayBuffer) {
    this.#memory = memory;
    this.#table = new MetricTable(table);
    this.functions = { [IMPORT_METRIC_DEFINE]: this.#define, [IMPORT_METRIC_RECORD]: this.#record };
  }

  /** What `configure` defined, in the order of their ids. */
  get definitions(): readonly MetricDefinition[] {
    return this.#defined.map(({ definition }) => definition);
  }

  endConfigure(): void {
    this.#configuring = false;
  }

  readonly #define = (kind: number, address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('metrics are defined in configure only');
    const definition = parseDefinition(kind, this.#memory.text(address, length, MOST_TEXT_BYTES));
    const again = this.#defined.findIndex((other) => isSame(other.definition, definition));
    if (again !== -1) return again;
    for (const other of this.#defined) refuseConflict(other.definition, definition);
    const place = this.#table.place(definition);
    if (place === -1) throw new GuestAbort(`more than ${MOST_METRICS} metrics`);
    this.#defined.push({ place, definition });
    return this.#defined.length - 1;
  };

  readonly #record = (id: number, value: number): void => {
    const defined = this.#defined[id];
    if (defined === undefined) throw new GuestAbort(`metric ${id} does not exist`);
    if (!Number.isFinite(value)) throw new GuestAbort(`a metric cannot take ${value}`);
    const { place, definition } = defined;
    if (definition.kind === 'gauge') this.#table.set(place, value);
    else if (definition.kind === 'histogram') this.#table.observe(place, value, definition.bounds);
    else if (value >= 0) this.#table.add(place, value);
    else throw new GuestAbort(`a counter cannot take ${value}`);
  };
}

/** @throws GuestAbort with what is wrong */
function parseDefinition(code: number, text: string): MetricDefinition {
  const kind = KINDS.get(code);
  if (kind === undefined) throw new GuestAbort(`metric kind ${code} does not exist`);
  const { name, help, labels = {}, bounds = [] } = parseJson(text);
  if (typeof name !== 'string' || !NAME.test(name))
    throw wrong('name', name, 'a-z, 0-9 and _, a letter first');
  if (typeof help !== 'string' || /[\n\r]/.test(help)) throw wrong('help', help, 'one line of text');
  return { kind, name, help, labels: readLabels(labels), bounds: readBounds(kind, bounds) };
}

function parseJson(text: string): Description {
  try {
    return (JSON.parse(text) ?? {}) as Description;
  } catch {
    throw new GuestAbort('a metric is described by JSON');
  }
}

function readLabels(labels: unknown): Readonly<Record<string, string>> {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels))
    throw wrong('labels', labels, 'an object');
  for (const [name, value] of Object.entries(labels)) {
    if (!NAME.test(name) || name === 'filter' || name === 'le') throw wrong('label', name, 'a free name');
    if (typeof value !== 'string' || !LABEL_VALUE.test(value))
      throw wrong(`label ${name}`, value, 'plain text');
  }
  // In one order, whatever the guest's: it makes no other series.
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readBounds(kind: MetricKind, bounds: unknown): readonly number[] {
  const isList = Array.isArray(bounds) && bounds.every((bound) => Number.isFinite(bound));
  const rises = isList && bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]);
  const [least, most] = kind === 'histogram' ? [1, MOST_BOUNDS] : [0, 0];
  if (!rises || bounds.length < least || bounds.length > most)
    throw wrong('bounds', bounds, `${least} to ${most} rising numbers`);
  return bounds;
}

function isSame(one: MetricDefinition, other: MetricDefinition): boolean {
  return one.name === other.name && isDeepStrictEqual({ ...one, help: '' }, { ...other, help: '' });
}

/**
 * Prometheus refuses all that the gateway shows when one series stands there twice, or in two shapes.
 * @throws GuestAbort when both cannot stand there
 */
function refuseConflict(earlier: MetricDefinition, later: MetricDefinition): void {
  if (earlier.name === later.name) {
    const agree =
      earlier.kind === later.kind &&
      isDeepStrictEqual(earlier.bounds, later.bounds) &&
      isDeepStrictEqual(Object.keys(earlier.labels), Object.keys(later.labels));
    if (agree) return;
    throw new GuestAbort(
      `metric ${later.name}: was defined before with another kind, other bounds or labels`,
    );
  }
  const taken = seriesOf(earlier);
  const clash = seriesOf(later).find((name) => taken.includes(name));
  if (clash !== undefined)
    throw new GuestAbort(`metric ${later.name}: ${clash} is a series of ${earlier.name} as well`);
}

/** Names under which a metric is shown. */
function seriesOf({ kind, name }: MetricDefinition): readonly string[] {
  return kind === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

function wrong(what: string, found: unknown, expected: string): GuestAbort {
  return new GuestAbort(`metric ${what}: found ${JSON.stringify(found)}, expected ${expected}`);
}
