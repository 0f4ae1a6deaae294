// Specs of filters written in WebAssembly text.
import { createSharedState } from '../../core/wasm/guest-host.js';
import { type FilterSpec, NO_QUARANTINE } from '../../core/wasm/instance.js';
import { loadModule } from '../../core/wasm/module.js';
import { PLAIN_MANIFEST, type WatParts, watFilter } from './wat-module.js';

let nextId = 1_000_000;

/** A filter ready to load; `changes` replaces what a test needs otherwise. */
export function watSpec(parts: WatParts, changes: Partial<FilterSpec> = {}): FilterSpec {
  const { manifest, module, initialPages, maximumPages } = loadModule(watFilter(parts), PLAIN_MANIFEST.name);
  const id = nextId;
  nextId += 1;
  return {
    id,
    name: PLAIN_MANIFEST.name,
    moduleName: manifest.name,
    module,
    phases: manifest.phases,
    initialPages,
    maximumPages,
    granted: manifest.capabilities,
    withheld: manifest.optional,
    shared: createSharedState(changes.granted ?? manifest.capabilities),
    callouts: [],
    secrets: [],
    config: '{}',
    deadlineMs: 50,
    isolation: 'shared',
    onFailure: 'closed',
    quarantine: NO_QUARANTINE,
    ...changes,
  };
}
