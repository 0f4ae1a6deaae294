// From a string of the configuration to the secrets it mentions, with their values.
import { EnvironmentProvider } from './environment-provider.js';
import { FileProvider } from './file-provider.js';
import type { SecretProvider } from './provider.js';
import {
  findSecretReferences,
  type SecretMention,
  type SecretReference,
  type SecretScheme,
} from './reference.js';

export interface ResolvedMention extends SecretMention {
  /** Null when there is a problem. */
  readonly value: string | null;
}

export class SecretLookup {
  readonly #providers: ReadonlyMap<SecretScheme, SecretProvider>;

  constructor(providers: ReadonlyMap<SecretScheme, SecretProvider>) {
    this.#providers = providers;
  }

  /** Every mention of a secret in a string, in order: resolved, or with what was expected of it. */
  find(text: string): readonly ResolvedMention[] {
    return findSecretReferences(text).map((mention) => {
      if (mention.reference === null) return { ...mention, value: null };
      try {
        return { ...mention, value: this.#resolve(mention.reference) };
      } catch (cause) {
        return { ...mention, value: null, problem: (cause as Error).message };
      }
    });
  }

  #resolve(reference: SecretReference): string {
    const provider = this.#providers.get(reference.scheme);
    if (provider === undefined)
      throw new Error('a file or a variable: there is no secret store to resolve it');
    const whole = provider.read(reference);
    const value = reference.field === null ? whole : pickField(whole, reference.field);
    if (value === '') throw new Error('a secret that is not empty');
    return value;
  }
}

/** Secrets in files and in the environment. @param folder where relative paths of files begin */
export function localSecrets(folder: string): SecretLookup {
  return new SecretLookup(
    new Map<SecretScheme, SecretProvider>([
      ['secret+file', new FileProvider(folder)],
      ['secret+env', new EnvironmentProvider()],
    ]),
  );
}

/** @throws Error that holds nothing of the text, which is secret as a whole */
function pickField(text: string, field: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('a JSON object, as a field of it is asked for');
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const member =
    isObject && Object.hasOwn(value as object, field) ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof member !== 'string') throw new Error(`a JSON object with a text called "${field}"`);
  return member;
}
