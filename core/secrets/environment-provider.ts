// Secrets in the environment of the process.
import type { SecretProvider } from './provider.js';
import type { SecretReference } from './reference.js';

/** What the gateway itself is trusted with: a configuration could have it sent to an upstream. */
const OWN = /^SLUICE_(?:SECRET_KEYS|ETCD_)/;

export class EnvironmentProvider implements SecretProvider {
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#environment = environment;
  }

  read({ name }: SecretReference): string {
    if (OWN.test(name)) throw new Error(`a variable of yours: ${name} is for the gateway itself`);
    const value = this.#environment[name];
    if (value === undefined) throw new Error(`an environment variable ${name}, which is not set`);
    return value;
  }
}
