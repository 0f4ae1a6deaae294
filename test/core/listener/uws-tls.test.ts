// UwsListener with TLS: the contracts through real handshakes.
import { UwsListener } from '../../../core/listener/uws-listener.js';
import { testClientCertificates } from '../../contract/client-certificates.contract.js';
import { testListenerTls } from '../../contract/listener-tls.contract.js';
import { testTlsRotation } from '../../contract/tls-rotation.contract.js';

const ENGINE = {
  name: 'UwsListener',
  create: (options: ConstructorParameters<typeof UwsListener>[0]) => new UwsListener(options),
  ordersSuites: false,
};

testListenerTls(ENGINE);
testClientCertificates(ENGINE);
testTlsRotation(ENGINE);
