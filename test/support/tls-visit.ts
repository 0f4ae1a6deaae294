// One connection with TLS and one request on it, and all that both sides let a client know.
import type { ConnectionOptions } from 'node:tls';
import { RawClient } from './raw-client.js';

export interface Visit {
  /** 0 when there was no response. */
  readonly status: number;
  readonly body: string;
  /** Common name of what the server showed; '' when the handshake did not come that far. */
  readonly shown: string;
  /** `TLSv1.2`, `TLSv1.3`; '' without a handshake. */
  readonly version: string;
  /** In the spelling of the IANA. */
  readonly cipher: string;
  readonly resumed: boolean;
  /** To resume, as it was last. */
  readonly session: Buffer | undefined;
  /** Code of the error that ended it, if one did. */
  readonly error: string;
  /** The connection is at its end. */
  readonly closed: boolean;
}

const NOTHING = { status: 0, body: '', shown: '', version: '', cipher: '', resumed: false, closed: true };
const GET = 'GET /visit HTTP/1.1\r\nHost: localhost\r\n';

export async function visit(port: number, options: ConnectionOptions = {}, fields = ''): Promise<Visit> {
  let client: RawClient;
  try {
    client = await RawClient.openTls(port, options);
  } catch (cause) {
    return { ...NOTHING, session: undefined, error: codeOf(cause) };
  }
  try {
    return await ask(client, fields);
  } finally {
    client.destroy();
  }
}

async function ask(client: RawClient, fields: string): Promise<Visit> {
  const { tls } = client;
  const shown = String(tls.getPeerCertificate().subject?.CN ?? '');
  const cipher = tls.getCipher().standardName;
  const version = tls.getProtocol() ?? '';
  const resumed = tls.isSessionReused();
  let session = tls.getSession();
  let error = '';
  // Sessions of TLS 1.3 come after the handshake.
  tls.on('session', (later) => {
    session = later;
  });
  tls.on('error', (cause) => {
    error = codeOf(cause);
  });
  client.send(`${GET}${fields}\r\n`);
  const { status, body, headers } = await client.response();
  const closes = headers.some((value, at) => at % 2 === 1 && value === 'close');
  if (closes) await client.closed();
  const closed = client.ended;
  return {
    ...{ status, body: body.toString('latin1'), shown, version, cipher, resumed, session, error, closed },
  };
}

function codeOf(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return code || message;
}
