// Module hook: where `@sluice/sdk` is not installed, its harness is the one beside this file.
import type { ResolveHook } from 'node:module';
import { HARNESS_URL } from './sdk-folder.js';

const HARNESS = '@sluice/sdk/testing';

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (specifier !== HARNESS) return nextResolve(specifier, context);
  try {
    return await nextResolve(specifier, context);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    return { url: HARNESS_URL, format: 'module', shortCircuit: true };
  }
};
