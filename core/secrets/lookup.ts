// From a string of the configuration to the secrets it mentions, with their values.
import { type ErrorCode, GatewayError } from '../errors.js';
import { EnvironmentProvider } from './environment-provider.js';
import { FileProvider } from './file-provider.js';
import type { KeyRing } from './key-ring.js';
import type { SecretProvider } from './provider.js';
import {
  findSecretReferences,
  type SecretMention,
  type SecretReference,
  type SecretScheme,
} from './reference.js';
import { SealedProvider } from './sealed-provider.js';

/** A reference, and what it came to. */
export interface ResolvedMention extends SecretMention {
  /** Null when there is a problem. */
  readonly value: string | null;
  /** Where it stands in a file. */
  readonly file?: string;
  /** Kind of the problem, where it is not that there is nothing to resolve to. */
  readonly code?: ErrorCode;
}

export class SecretLookup {
  readonly #providers: ReadonlyMap<SecretScheme, SecretProvider>;

  constructor(providers: ReadonlyMap<SecretScheme, SecretProvider>) {
    this.#providers = providers;
  }

  /** Every mention of a secret in a string, in order: resolved, or with what was expected of it. */
  find(text: string): readonly ResolvedMention[] {
    return findSecretReferences(text).map((mention) => {
      if (mention.reference === null) return { ...mention, value: unescaped(mention) };
      const file = this.#providers.get(mention.reference.scheme)?.fileOf?.(mention.reference);
      const found = file === undefined ? mention : { ...mention, file };
      try {
        return { ...found, value: this.#resolve(mention.reference) };
      } catch (cause) {
        const { message } = cause as Error;
        return cause instanceof GatewayError
          ? { ...found, value: null, problem: message, code: cause.code }
          : { ...found, value: null, problem: message };
      }
    });
  }

  #resolve(reference: SecretReference): string {
    const provider = this.#providers.get(reference.scheme);
    if (provider === undefined)
      throw new Error('a file or a variable: only a configuration in etcd has a store of secrets beside it');
    const whole = provider.read(reference);
    const value = reference.field === null ? whole : pickField(whole, reference.field);
    if (value === '') throw new Error('a secret that is not empty');
    return value;
  }
}

/** The text that an escaped variable stands for; null for what has a problem. */
function unescaped({ problem, text }: SecretMention): string | null {
  return problem === null ? text.slice(1) : null;
}

/**
 * Secrets in files and in the environment.
 * @param folder where relative paths of files begin
 * @param own    files of the gateway itself, which no reference may read
 */
export function localSecrets(folder: string, own: readonly string[] = []): SecretLookup {
  return new SecretLookup(new Map(localProviders(folder, own)));
}

/**
 * Those, by absolute paths, and secrets of the store.
 * @param entries by name, sealed
 * @param ring    null opens none
 * @param own     likewise
 */
export function storedSecrets(
  entries: ReadonlyMap<string, Buffer>,
  ring: KeyRing | null,
  own: readonly string[],
): SecretLookup {
  return new SecretLookup(
    new Map<SecretScheme, SecretProvider>([
      ...localProviders('/', own),
      ['secret', new SealedProvider(entries, ring)],
    ]),
  );
}

function localProviders(folder: string, own: readonly string[]): [SecretScheme, SecretProvider][] {
  return [
    ['secret+file', new FileProvider(folder, own)],
    ['secret+env', new EnvironmentProvider()],
  ];
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
