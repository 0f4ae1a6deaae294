// A document that may become what a channel runs, held to all that a gateway would hold it to.
import { basename, dirname, resolve } from 'node:path';
import { readConfigFile } from '../../config/config-file.js';
import { type ConfigDocument, parseDocument } from '../../config/document.js';
import type { FindPlaces } from '../../config/document-places.js';
import type { GatewayConfig } from '../../config/model.js';
import { modulesOf, renameModules, type WrittenDocument } from '../../config/module-names.js';
import { ConfigErrors, GatewayError } from '../../errors.js';
import { sha256 } from '../../etcd/chunked-value.js';
import { releaseId } from '../../etcd/release-store.js';
import { secretsIn } from '../../etcd/secret-store.js';
import { inPlace } from '../../filter-places.js';
import { readModule } from '../../filter-spec.js';
import { formatModuleReference, isModuleFile, parseModuleReference } from '../../module-reference.js';
import { refuseOtherValue, releaseValue, validateRelease } from '../../release.js';
import { buildOnce } from '../build-once.js';
import type { Fleet } from './fleet.js';
import { relativeFiles } from './relative-files.js';

export interface Candidate {
  /** Of the release that it is. */
  readonly id: string;
  /** For people: where it comes from. */
  readonly name: string;
  readonly text: string;
  /** What it says, as JSON. */
  readonly value: string;
  readonly config: GatewayConfig;
  /** Bytes of the modules that it names by digest, each once. */
  readonly modules: readonly Uint8Array[];
}

/**
 * From a file: its modules that are files are named by their digest.
 * @throws ConfigErrors with all that a gateway would refuse
 */
export async function candidateFromFile(file: string, fleet: Fleet): Promise<Candidate> {
  const text = await readConfigFile(file, file);
  const document = parseDocument(text, file);
  const names = new Map<string, string>();
  const modules = new Map<string, Uint8Array>();
  const errors = relativeFiles(document);
  for (const { filter, module } of modulesOf(document)) {
    if (!isModuleFile(module) || names.has(module)) continue;
    try {
      const path = resolve(dirname(file), module);
      const bytes = await readModule({ name: filter, module: path }, new Map());
      const digest = sha256(bytes);
      modules.set(digest, bytes);
      names.set(module, formatModuleReference({ name: nameOfFile(module), digest }));
    } catch (cause) {
      errors.push(GatewayError.from(cause));
    }
  }
  if (errors.length > 0) throw await inPlace(new ConfigErrors(errors), placesOf(document));
  return checked(renameModules({ text, document }, names), modules, fleet);
}

/** From a release. @throws ConfigErrors; GatewayError SLUICE_CONFIG_RELEASE when it is not there or is damaged, or says something else than its text */
export async function candidateFromRelease(id: string, fleet: Fleet): Promise<Candidate> {
  const { text: bytes, value } = await fleet.releases.readDocument(id);
  const text = bytes.toString();
  const document = parseDocument(text, `release ${id}`);
  refuseOtherValue(document, value);
  return checked({ text, document }, new Map(), fleet);
}

/** @param modules those at hand, by digest; others come from the store */
async function checked(
  { text, document }: WrittenDocument,
  modules: ReadonlyMap<string, Uint8Array>,
  { store, target, releases, findSecrets }: Fleet,
): Promise<Candidate> {
  const { entries } = await store.list([{ prefix: target.keys.secrets }]);
  const value = releaseValue(document);
  const valid = validateRelease(document, findSecrets(secretsIn(entries, target.keys)));
  const named = new Map<string, Uint8Array>();
  for (const { module } of valid.config.filters) {
    const digest = parseModuleReference(module)?.digest;
    if (digest === undefined || named.has(digest)) continue;
    named.set(digest, modules.get(digest) ?? (await releases.readModule(digest)));
  }
  const id = releaseId(Buffer.from(text));
  await buildOnce({ id, ...valid, modules: named, places: placesOf(document) });
  return { id, name: document.name, text, value, config: valid.config, modules: [...named.values()] };
}

function placesOf(document: ConfigDocument): FindPlaces {
  return async (pointers) => pointers.map((pointer) => document.place(pointer));
}

/** Name of a module in the store: that of its file, in the characters that references take. */
function nameOfFile(path: string): string {
  const name = basename(path)
    .replace(/\.wasm$/, '')
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 128);
  return name === '' ? 'module' : name;
}
