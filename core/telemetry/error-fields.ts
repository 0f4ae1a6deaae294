// What the log says of an error: everything an operator needs and a client must not see.
import { ConfigErrors, GatewayError } from '../errors.js';

const MAX_CAUSES = 8;

/** Plain fields for the log. A stack is added only for errors that are bugs of ours. */
export function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof ConfigErrors) return { errors: error.errors.map(describeError) };
  if (!(error instanceof GatewayError)) return describeBug(error);
  const fields: Record<string, unknown> = { code: error.code, message: error.message };
  if (error.filter !== undefined) fields['filter'] = error.filter;
  if (error.place !== undefined) fields['place'] = error.place;
  const causes = causeMessages(error);
  if (causes.length > 0) fields['causes'] = causes;
  if (error.source === 'internal' && !error.retryable) fields['stack'] = deepestStack(error);
  return fields;
}

/** Messages of the causes below `error`, nearest first, without those that only repeat the end of the one above. */
export function causeMessages(error: Error): string[] {
  const messages: string[] = [];
  let above = error.message;
  let cause = error.cause;
  // A cause may be its own cause.
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    const message = messageOf(cause);
    if (!above.endsWith(message)) messages.push(message);
    above = message;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages;
}

function describeBug(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  return { name: error.name, message: messageOf(error), causes: causeMessages(error), stack: error.stack };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A failed connection to a name with several addresses is an AggregateError: an empty message, a telling code.
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}

function deepestStack(error: Error): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}
