// What Node's parser of HTTP/1.1 has read, as the gateway takes it: head and body of one request.
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../errors.js';
import { BufferedBody, type Exchange } from '../../exchange.js';
import type { RequestHead } from './intake.js';
import type { NodeReply } from './reply.js';
import type { NodeUpload } from './upload.js';

const MAX_FIELDS = 256;

/** Names in lower case, the target in two parts. */
export function readHead(req: IncomingMessage): RequestHead {
  const target = req.url ?? '';
  const question = target.indexOf('?');
  return {
    method: req.method ?? '',
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    flat: lowerNames(req.rawHeaders),
  };
}

function lowerNames(raw: readonly string[]): string[] {
  const flat: string[] = [];
  for (let i = 0; i < raw.length; i += 2) flat.push(raw[i]!.toLowerCase(), raw[i + 1]!);
  return flat;
}

/** The body as it comes in, with what follows it. */
export function upload(req: IncomingMessage, reply: NodeReply, length: number | null): NodeUpload {
  const body = reply.openUpload(length);
  if (length === null) req.prependListener('end', () => body.setTrailers(lowerNames(req.rawTrailers)));
  return body;
}

/** The body when it is here already, null otherwise. */
export function wholeBody(req: IncomingMessage, exchange: Exchange, length: number): BufferedBody | null {
  if (!req.complete || req.readableLength !== length) return null;
  const bytes = req.read() as Buffer;
  exchange.bytesIn = length;
  // Lets it end.
  req.resume();
  return new BufferedBody(bytes);
}

/** What is wrong with the head beside its syntax, which is Node's to judge; null when nothing is. */
export function headProblem(req: IncomingMessage, { flat }: RequestHead): GatewayError | null {
  if (req.httpVersion !== '1.1') {
    return new GatewayError('SLUICE_LISTEN_MALFORMED', `HTTP/${req.httpVersion} is not spoken`);
  }
  if (flat.length <= 2 * MAX_FIELDS) return null;
  return new GatewayError('SLUICE_LISTEN_HEAD_TOO_LARGE', `there are more than ${MAX_FIELDS} fields`);
}
