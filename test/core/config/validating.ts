// What the tests of this folder share: validation with the real reader of secret references.

import type { GatewayConfig } from '../../../core/config/model.js';
import { type ValidDocument, validateDocument } from '../../../core/config/validate.js';
import { ConfigErrors, type GatewayError } from '../../../core/errors.js';
import { localSecrets } from '../../../core/secrets/lookup.js';

export function validate(text: string, folder = '/etc/sluice'): GatewayConfig {
  return validateWhole(text, folder).config;
}

export function validateWhole(text: string, folder = '/etc/sluice'): ValidDocument {
  return validateDocument(text, 'sluice.yaml', {
    folder,
    findSecrets: (mentioning) => localSecrets(folder).find(mentioning),
  });
}

/** The errors of a document; empty when it is valid. Anything but ConfigErrors is thrown on. */
export function errorsOf(text: string): readonly GatewayError[] {
  try {
    validate(text);
    return [];
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors;
    throw error;
  }
}

/** `CODE LINE:COLUMN /pointer`, as the tables of expected errors have it. */
export function summaryOf(error: GatewayError): string {
  const { line, column, pointer } = error.place!;
  return `${error.code} ${line}:${column} ${pointer}`.trimEnd();
}
