// From what the operator wrote after --config to a source.
import { dirname, resolve } from 'node:path';
import { FileSource } from '../config/file-source.js';
import type { ConfigSource } from '../config/source.js';
import { localSecrets } from '../secrets/lookup.js';
import { UsageError } from './usage-error.js';

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//;

/** @throws UsageError for anything that is not the path of a file */
export function openSource(location: string): ConfigSource {
  if (SCHEME.test(location)) throw new UsageError(`${location}: a configuration is a YAML or JSON file here`);
  const secrets = localSecrets(dirname(resolve(location)));
  return new FileSource(location, { findSecrets: (text) => secrets.find(text) });
}
