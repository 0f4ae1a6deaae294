// The checks that a gateway makes before it runs anything of a module, for those who build and ship one.
import { compileSchema } from '../../core/config/filter-schema.js';
import { GatewayError } from '../../core/errors.js';
import { MOST_MODULE_BYTES } from '../../core/module-reference.js';
import { type FilterManifest, parseManifest } from '../../core/wasm/manifest.js';
import { type FilterModule, loadModule, type ModuleOptions } from '../../core/wasm/module.js';

/**
 * Checks a whole module.
 * @param label how to call the module in errors
 * @throws GatewayError with the code and the reason for which a gateway would refuse it
 */
export function checkModule(bytes: Uint8Array, label: string, options: ModuleOptions = {}): FilterModule {
  if (bytes.byteLength > MOST_MODULE_BYTES) {
    throw new GatewayError(
      'SLUICE_FILTER_MODULE_TOO_LARGE',
      `${label} has ${bytes.byteLength} bytes, at most ${MOST_MODULE_BYTES} are loaded`,
    );
  }
  const module = loadModule(bytes, label, options);
  checkConfigSchema(module.manifest, label);
  return module;
}

/**
 * Checks a manifest before there is a module to carry it.
 * @throws GatewayError SLUICE_FILTER_MANIFEST, SLUICE_ABI_VERSION
 */
export function checkManifest(text: string, label: string): void {
  checkConfigSchema(parseManifest(text, label), label);
}

function checkConfigSchema(manifest: FilterManifest, label: string): void {
  try {
    compileSchema(manifest.config);
  } catch (cause) {
    const { code, message } = GatewayError.from(cause);
    throw new GatewayError(code, `${label}: ${message}`, { cause });
  }
}
