// Validation for a thread that has something else to do. A large document is read and checked on a thread of its own,
// which is gone with its memory afterwards; what there may be thousands of comes over in bytes, and takes the caller no time.
import assert from 'node:assert/strict';
import { on } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { ConfigErrors, GatewayError } from '../errors.js';
import { withoutOptimiser } from '../optimiser.js';
import { deepFreeze } from './deep-freeze.js';
import { errorAt } from './error-at.js';
import { RouteTable } from './route-table.js';
import { SecretValues } from './secret-values.js';
import { TlsMaterials } from './tls-materials.js';
import { type ValidateOptions, type ValidDocument, validateParsed } from './validate.js';
import type { MentionsByText, ValidationMessage, ValidationTask } from './validation-task.js';
import { prepareThread, takeThread } from './validation-threads.js';
import { readWritten, textOf, type WrittenText } from './written-text.js';

/** A document of fewer characters is validated before a thread has started, */
export const LEAST_CHARACTERS = 32 * 1024;
/** unless it may name lists of revoked certificates, which can be long. */
const MAY_HAVE_LISTS = /\bcrl\b/;

/**
 * Parses and checks a whole document, as `validateDocument` does, while the calling thread goes on. Secrets are found
 * here; their values are lent to the other thread, which checks where they may stand.
 * @param name of the document, for errors
 * @throws ConfigErrors with every error of the document, in the order of their places
 */
export async function validateApart(
  written: WrittenText,
  name: string,
  options: ValidateOptions,
): Promise<ValidDocument> {
  const { text, value } = written;
  if (text.length < LEAST_CHARACTERS && !MAY_HAVE_LISTS.test(textOf(value ?? text)))
    return validateParsed(readWritten(written, name), options);
  const { folder, processes = 1 } = options;
  const task: ValidationTask = { written, name, folder, processes };
  const thread = takeThread();
  try {
    return await withoutOptimiser(() => {
      thread.postMessage(task);
      return hear(thread, options);
    });
  } catch (cause) {
    throw isOutOfMemory(cause) ? new ConfigErrors([tooLarge(text.length, name, cause)]) : cause;
  } finally {
    await thread.terminate();
    prepareThread();
  }
}

async function hear(thread: Worker, { findSecrets, usesFile }: ValidateOptions): Promise<ValidDocument> {
  const secrets = new SecretValues();
  // Keeps those that come at once, as all do that are left when the thread ends; rejects with what ended it.
  const messages = on(thread, 'message', { close: ['exit'] }) as AsyncIterable<[ValidationMessage]>;
  for await (const [message] of messages) {
    if (message.kind === 'texts') thread.postMessage(resolve(message.texts, findSecrets, secrets));
    else if (message.kind === 'file') usesFile?.(message.path);
    else if (message.kind === 'valid') {
      const routes = new RouteTable(message.routes);
      const config = Object.freeze({ ...deepFreeze(message.config), routes });
      return { config, secrets, tls: new TlsMaterials(message.tls) };
    } else
      throw new ConfigErrors(
        message.errors.map(({ code, message: text, place, filter }) => {
          return new GatewayError(code, text, {
            ...(place === undefined ? {} : { place }),
            ...(filter === undefined ? {} : { filter }),
          });
        }),
      );
  }
  return assert.fail('the thread ended without a verdict');
}

function resolve(
  texts: readonly string[],
  findSecrets: ValidateOptions['findSecrets'],
  secrets: SecretValues,
): MentionsByText {
  const found = new Map(texts.map((text) => [text, findSecrets(text)] as const));
  for (const [text, mentions] of found) {
    if (mentions.length > 0 && mentions.every(({ value }) => value !== null)) secrets.add(text, mentions);
  }
  return found;
}

function isOutOfMemory(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function tooLarge(length: number, name: string, cause: unknown): GatewayError {
  const place = { document: name, line: 0, column: 0, pointer: '' };
  const found = `${length} characters that take more memory than there is`;
  return errorAt('SLUICE_CONFIG_SYNTAX', place, found, 'a smaller document', cause);
}
