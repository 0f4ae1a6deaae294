// What makes the document of a release a configuration: as any other, but on every machine the same.
import type { ConfigDocument } from './config/document.js';
import { validateApart } from './config/document-validator.js';
import { type ValidateOptions, type ValidDocument, validateParsed } from './config/validate.js';
import { ConfigErrors, GatewayError } from './errors.js';
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

/**
 * Parses and checks it, while the calling thread goes on.
 * @param name of the document, for errors
 * @throws as `validateRelease` does
 */
export async function readRelease(
  text: string,
  name: string,
  options: Pick<ValidateOptions, 'findSecrets' | 'usesFile'>,
): Promise<ValidDocument> {
  return withoutFiles(await validateApart(text, name, { folder: FOLDER, ...options }), name);
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
