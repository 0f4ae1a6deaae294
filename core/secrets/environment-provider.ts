// Secrets in the environment of the process.
import type { SecretProvider } from './provider.js';
import type { SecretReference } from './reference.js';

export class EnvironmentProvider implements SecretProvider {
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#environment = environment;
  }

  read({ name }: SecretReference): string {
    const value = this.#environment[name];
    if (value === undefined) throw new Error(`an environment variable ${name}, which is not set`);
    return value;
  }
}
