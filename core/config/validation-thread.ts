// The thread's side of document-validator.ts: reads one document, asks for the secrets that it mentions, and hands over
// what it says, the routes in parts, or everything that is wrong with it.
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ConfigErrors, type ConfigPlace, type ErrorCode, GatewayError } from '../errors.js';
import { giveWay } from '../thread-priority.js';
import { textsWithSecrets } from './document-secrets.js';
import type { GatewayConfig, RouteConfig } from './model.js';
import type { SecretMention } from './secret-values.js';
import type { TlsParts } from './tls-materials.js';
import { validateParsed } from './validate.js';
import { readWritten, type WrittenText } from './written-text.js';

/** What the thread is started with. */
export interface ValidationTask {
  readonly written: WrittenText;
  readonly name: string;
  readonly folder: string;
  readonly processes: number;
  /** Takes the routes, as lists of them, before `valid` is said. */
  readonly routes: MessagePort;
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
  | { readonly kind: 'valid'; readonly config: Omit<GatewayConfig, 'routes'>; readonly tls: TlsParts }
  | { readonly kind: 'refused'; readonly errors: readonly PlainError[] };

export type MentionsByText = ReadonlyMap<string, readonly SecretMention[]>;

/** So many take the reader a fraction of a millisecond. */
const ROUTES_AT_ONCE = 32;

async function validate({
  written,
  name,
  folder,
  processes,
  routes: port,
}: ValidationTask): Promise<ValidationMessage> {
  try {
    const document = readWritten(written, name);
    say({ kind: 'texts', texts: [...textsWithSecrets(document.value)] });
    const [mentions] = (await once(parentPort!, 'message')) as [MentionsByText];
    const findSecrets = (mentioning: string) => mentions.get(mentioning) ?? [];
    const usesFile = (path: string): void => say({ kind: 'file', path });
    const valid = validateParsed(document, { folder, processes, findSecrets, usesFile });
    const { routes, ...config } = valid.config;
    for (const part of inParts(routes)) port.postMessage(part);
    return { kind: 'valid', config, tls: valid.tls.parts };
  } catch (cause) {
    const errors = cause instanceof ConfigErrors ? cause.errors : [GatewayError.from(cause)];
    return { kind: 'refused', errors: errors.map(toPlain) };
  }
}

function* inParts(routes: readonly RouteConfig[]): Iterable<readonly RouteConfig[]> {
  for (let from = 0; from < routes.length; from += ROUTES_AT_ONCE)
    yield routes.slice(from, from + ROUTES_AT_ONCE);
}

function toPlain({ code, message, place, filter }: GatewayError): PlainError {
  return { code, message, place, filter };
}

function say(message: ValidationMessage): void {
  parentPort!.postMessage(message);
}

giveWay();
say(await validate(workerData as ValidationTask));
