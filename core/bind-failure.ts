// Why an address cannot be opened, in the one form that all who open addresses share.
import { createServer } from 'node:net';
import { GatewayError } from './errors.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'the system does not let this user open it (EACCES)',
  EADDRINUSE: 'somebody listens there already (EADDRINUSE)',
  EADDRNOTAVAIL: 'it is no address of this machine (EADDRNOTAVAIL)',
};

/** @param who opens it, as the beginning of a sentence */
export function bindFailure(who: string, host: string, port: number, cause: unknown): GatewayError {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  const reason = code === undefined ? '' : `: ${REASONS[code] ?? code}`;
  const facts = cause === null ? {} : { cause };
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new GatewayError('SLUICE_LISTEN_ADDRESS', `${who} cannot bind ${address}${reason}`, facts);
}

/** For an engine that does not say why: tries it by other means. Null where that works. */
export function whyNotBound(host: string, port: number): Promise<Error | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
