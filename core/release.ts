// What makes the document of a release a configuration: as any other, but on every machine the same, and with a value
// beside its text.
import { type ConfigDocument, parseDocument } from './config/document.js';
import { validateApart } from './config/document-validator.js';
import { type ValidateOptions, type ValidDocument, validateParsed } from './config/validate.js';
import { ConfigErrors, GatewayError } from './errors.js';
import { isValue, otherValue, type ReleaseDocument } from './etcd/release-store.js';
import { isModuleFile } from './module-reference.js';

/** Relative paths have no folder to begin in. */
const FOLDER = '/';

/**
 * Checks it as every gateway of the fleet does, and fills its defaults into its value.
 * @throws ConfigErrors with every error; also for modules that are files
 */
export function validateRelease(
  document: ConfigDocument,
  findSecrets: ValidateOptions['findSecrets'],
): ValidDocument {
  return withoutFiles(validateParsed(document, { folder: FOLDER, findSecrets }), document.name);
}

/** The value of a document, as a release carries it. Call it before the document is validated, which fills in defaults. */
export function releaseValue({ value }: ConfigDocument): string {
  return JSON.stringify(value);
}

/**
 * Compares what a release says with what its text says.
 * @param document its text, parsed and not validated yet
 * @param value null where it carries none
 * @throws GatewayError SLUICE_CONFIG_RELEASE when they differ
 */
export function refuseOtherValue(document: ConfigDocument, value: Uint8Array | null): void {
  if (!isValue(value, releaseValue(document))) throw otherValue(document.name);
}

export interface ReadOptions extends Pick<ValidateOptions, 'findSecrets' | 'usesFile' | 'processes'> {
  /** Parses its text, on the calling thread, and holds its value to that. */
  readonly comparesValue: boolean;
}

/**
 * Checks what it says, while the calling thread goes on; parses its text only where it carries no value.
 * @param name of the document, for errors
 * @throws as `validateRelease` does; GatewayError SLUICE_CONFIG_RELEASE
 */
export async function readRelease(
  document: ReleaseDocument,
  name: string,
  { comparesValue, ...options }: ReadOptions,
): Promise<ValidDocument> {
  if (comparesValue) refuseOtherValue(parseDocument(document.text.toString(), name), document.value);
  return withoutFiles(await validateApart(document, name, { folder: FOLDER, ...options }), name);
}

function withoutFiles(valid: ValidDocument, name: string): ValidDocument {
  const files = valid.config.filters.filter(({ module }) => isModuleFile(module));
  if (files.length === 0) return valid;
  throw new ConfigErrors(
    files.map(
      (filter) =>
        new GatewayError(
          'SLUICE_CONFIG_INVALID',
          `${name}: /filters/${filter.name}/module: found the file ${filter.module}, expected a built-in filter or one in etcd, as \`sluice apply\` writes them`,
        ),
    ),
  );
}
