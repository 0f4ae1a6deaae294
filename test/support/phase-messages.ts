// Messages for filters, without a gateway around them.
import type { Dispatcher } from '../../core/dispatch/dispatcher.js';
import { HeaderList } from '../../core/headers.js';
import type { ChainLink } from '../../core/wasm/chain-input.js';
import type { PhaseMessage, PhaseName } from '../../core/wasm/guest-abi.js';
import { createSharedState } from '../../core/wasm/guest-host.js';
import { type FilterSpec, NO_QUARANTINE } from '../../core/wasm/instance.js';
import type { FilterModule } from '../../core/wasm/module.js';
import { guestModule } from './test-guests.js';

let nextId = 1;

/** A message of a phase with the given request headers. */
export function phaseMessage(
  phase: PhaseName,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array | null = null,
): PhaseMessage {
  return {
    phase,
    id: 'request-1',
    routeId: 'route-1',
    scheme: 'http',
    method: 'GET',
    authority: 'test.example',
    clientAddress: '192.0.2.1',
    certificate: [],
    params: ['id', '7'],
    path: '/users/7',
    query: 'page=2',
    requestHeaders: new HeaderList(Object.entries(headers).flat()),
    status: phase === 'response' ? 200 : 0,
    responseHeaders: new HeaderList(phase === 'response' ? ['content-type', 'text/plain'] : []),
    body,
    stage: body === null ? 'none' : 'whole',
  };
}

/** The guest of this name, ready to load; `changes` replaces what a test needs otherwise. */
export async function guestSpec(name: string, changes: Partial<FilterSpec> = {}): Promise<FilterSpec> {
  return specOf(await guestModule(name), { name, ...changes });
}

/** A module that was checked, ready to load. */
export function specOf(checked: FilterModule, changes: Partial<FilterSpec> = {}): FilterSpec {
  const { manifest, module, initialPages, maximumPages } = checked;
  const id = nextId;
  nextId += 1;
  return {
    id,
    name: manifest.name,
    moduleName: manifest.name,
    module,
    phases: manifest.phases,
    initialPages,
    maximumPages: Math.min(maximumPages, 256),
    granted: manifest.capabilities,
    withheld: manifest.optional,
    shared: createSharedState(changes.granted ?? manifest.capabilities),
    callouts: [],
    secrets: [],
    config: '{}',
    // Long enough for a thread that a busy machine leaves waiting; tests of the deadline set their own.
    deadlineMs: 2000,
    isolation: 'shared',
    onFailure: 'closed',
    quarantine: NO_QUARANTINE,
    ...changes,
  };
}

export function linksTo(...specs: readonly FilterSpec[]): ChainLink[] {
  return specs.map(({ id }) => ({ id, context: null, skip: false }));
}

/** Loads one guest and answers its spec. */
export async function loadGuest(
  dispatcher: Dispatcher,
  name: string,
  changes: Partial<FilterSpec> = {},
): Promise<FilterSpec> {
  const spec = await guestSpec(name, changes);
  await dispatcher.load([spec]);
  return spec;
}
