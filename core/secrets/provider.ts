// Who resolves references of one scheme. test/contract/secret-provider.contract.ts holds every answer to it.
import type { SecretReference } from './reference.js';

/** Secrets are short: what is larger is something else. */
export const MOST_SECRET_BYTES = 64 * 1024;

/** Reads what references of its scheme lead to, each time anew. */
export interface SecretProvider {
  /**
   * The value of a secret, whole: a field is picked by whoever asked.
   * @throws Error whose message ends the sentence "expected …"; it never holds a part of the value. A GatewayError where
   * what there is to resolve to is at fault
   */
  read(reference: SecretReference): string;
  /** Absolute path of the file that the value stands in, so that it can be looked at again. Absent: it stands in none. */
  fileOf?(reference: SecretReference): string;
}
