// What validation-thread.ts does for document-validator.ts: reads one document, asks for the secrets that it mentions, and hands over
// what it says, the routes in bytes, or everything that is wrong with it.
import { once } from 'node:events';
import { parentPort, type TransferListItem } from 'node:worker_threads';
import { ConfigErrors, type ConfigPlace, type ErrorCode, GatewayError } from '../errors.js';
import { textsWithSecrets } from './document-secrets.js';
import type { GatewayConfig } from './model.js';
import type { RouteTableParts } from './route-table.js';
import type { SecretMention } from './secret-values.js';
import type { TlsParts } from './tls-materials.js';
import { validateParsed } from './validate.js';
import { readWritten, type WrittenText } from './written-text.js';

/** What the thread is sent first. */
export interface ValidationTask {
  readonly written: WrittenText;
  readonly name: string;
  readonly folder: string;
  readonly processes: number;
}

/** An error as it travels. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: ConfigPlace | undefined;
  readonly filter: string | undefined;
}

export type ValidationMessage =
  /** Answered with mentions by text: those that there are. */
  | { readonly kind: 'texts'; readonly texts: readonly string[] }
  /** Content of this file counts. */
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'valid';
      readonly config: Omit<GatewayConfig, 'routes'>;
      readonly routes: RouteTableParts;
      readonly tls: TlsParts;
    }
  | { readonly kind: 'refused'; readonly errors: readonly PlainError[] };

export type MentionsByText = ReadonlyMap<string, readonly SecretMention[]>;

/** Waits for a task, and answers it. */
export async function runValidation(): Promise<void> {
  const [task] = (await once(parentPort!, 'message')) as [ValidationTask];
  say(await validate(task));
}

async function validate({ written, name, folder, processes }: ValidationTask): Promise<ValidationMessage> {
  try {
    const document = readWritten(written, name);
    say({ kind: 'texts', texts: [...textsWithSecrets(document.value)] });
    const [mentions] = (await once(parentPort!, 'message')) as [MentionsByText];
    const findSecrets = (mentioning: string) => mentions.get(mentioning) ?? [];
    const usesFile = (path: string): void => say({ kind: 'file', path });
    const valid = validateParsed(document, { folder, processes, findSecrets, usesFile });
    const { routes, ...config } = valid.config;
    return { kind: 'valid', config, routes: routes.parts, tls: valid.tls.parts };
  } catch (cause) {
    const errors = cause instanceof ConfigErrors ? cause.errors : [GatewayError.from(cause)];
    return { kind: 'refused', errors: errors.map(toPlain) };
  }
}

function toPlain({ code, message, place, filter }: GatewayError): PlainError {
  return { code, message, place, filter };
}

function say(message: ValidationMessage): void {
  parentPort!.postMessage(message, message.kind === 'valid' ? memoryOf(message.routes) : []);
}

/** Handed over, and not copied. */
function memoryOf({ routes, settings, hosts, ids, places, patterns }: RouteTableParts): TransferListItem[] {
  const arrays = [
    ...[routes, settings, hosts].flatMap(({ text, starts }) => [text, starts]),
    ...[ids, places, patterns].flatMap(({ starts, entries }) => [starts, entries]),
  ];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
