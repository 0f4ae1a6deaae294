// From what the operator wrote after --config to a source.
import { FileSource } from '../config/file-source.js';
import type { ConfigSource } from '../config/source.js';
import { findSecretReferences } from '../secrets/reference.js';
import { UsageError } from './usage-error.js';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;

/** @throws UsageError for anything that is not the path of a file */
export function openSource(location: string): ConfigSource {
  if (SCHEME.test(location)) throw new UsageError(`${location}: a configuration is a YAML or JSON file here`);
  return new FileSource(location, { findSecretReferences });
}
