// UwsListener with TLS: the contracts through real handshakes.
import type { ListenerOptions } from '../../../core/listener/listener.js';
import { UwsListener } from '../../../core/listener/uws-listener.js';
import { testClientCertificates } from '../../contract/client-certificates.contract.js';
import { testListener } from '../../contract/listener.contract.js';
import { testListenerBodies } from '../../contract/listener-bodies.contract.js';
import { testListenerTls } from '../../contract/listener-tls.contract.js';
import { testTlsRotation } from '../../contract/tls-rotation.contract.js';
import { TestAuthority } from '../../support/certificates.js';
import { requestOverSocket } from '../../support/contract-client.js';
import { RawClient } from '../../support/raw-client.js';
import { serverTls } from '../../support/server-tls.js';

const create = (options: ListenerOptions): UwsListener => new UwsListener(options);
const ENGINE = { name: 'UwsListener', create, ordersSuites: false };

testListenerTls(ENGINE);
testClientCertificates(ENGINE);
testTlsRotation(ENGINE);

const tls = serverTls([TestAuthority.root().issue({ names: ['localhost'] })]);
const openClient = (port: number): Promise<RawClient> => RawClient.openTls(port);

testListener('UwsListener with TLS', () => {
  const listener = new UwsListener({ name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls });
  return {
    ...{ listener, scheme: 'https' },
    request: (request) => requestOverSocket(listener.port, request, openClient),
  };
});

testListenerBodies('UwsListener with TLS', (options) => create({ ...options, tls }), openClient);
