// UwsListener with TLS: the contracts through real handshakes.
import { UwsListener } from '../../../core/listener/uws-listener.js';
import { testListenerTls } from '../../contract/listener-tls.contract.js';

const ENGINE = {
  name: 'UwsListener',
  create: (options: ConstructorParameters<typeof UwsListener>[0]) => new UwsListener(options),
  ordersSuites: false,
};

testListenerTls(ENGINE);
