// Specs of filters written in WebAssembly text.
import type { FilterSpec } from '../../core/wasm/instance.js';
import { loadModule } from '../../core/wasm/module.js';
import { specOf } from './phase-messages.js';
import { PLAIN_MANIFEST, type WatParts, watFilter } from './wat-module.js';

const { name } = PLAIN_MANIFEST;

/** A filter ready to load; `changes` replaces what a test needs otherwise. */
export function watSpec(parts: WatParts, changes: Partial<FilterSpec> = {}): FilterSpec {
  const checked = loadModule(watFilter(parts), name);
  return specOf(checked, { name, maximumPages: checked.maximumPages, deadlineMs: 50, ...changes });
}
