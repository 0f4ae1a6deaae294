import { testGatewayFuzz } from '../support/fuzz/gateway-fuzz.js';

// To wait until nothing is left takes a minute: the long form does.
testGatewayFuzz(400, 'served', 1);
