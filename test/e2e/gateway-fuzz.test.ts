import { testGatewayFuzz } from '../support/fuzz/gateway-fuzz.js';

testGatewayFuzz(400, 1);
