// The client of the listener contract over a socket.
import type { ContractRequest, ContractResponse } from '../contract/listener.contract.js';
import { RawClient, valuesOf } from './raw-client.js';

/** @param openClient opens a connection for it */
export async function requestOverSocket(
  port: number,
  request: ContractRequest,
  openClient: (port: number) => Promise<RawClient> = (to) => RawClient.open(to),
): Promise<ContractResponse> {
  const { method, target, body } = request;
  const given = request.headers ?? [];
  const lines = [`${method} ${target} HTTP/1.1`];
  if (!given.includes('host')) lines.push('Host: localhost');
  for (let i = 0; i < given.length; i += 2) lines.push(`${given[i]}: ${given[i + 1]}`);
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  const client = await openClient(port);
  request.signal?.addEventListener('abort', () => client.destroy());
  try {
    client.send(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
    const response = await client.response(method === 'HEAD');
    const closed = valuesOf(response, 'connection').includes('close');
    if (closed) await client.closed();
    return { ...response, body: response.body.toString('latin1'), closed };
  } finally {
    client.destroy();
  }
}
