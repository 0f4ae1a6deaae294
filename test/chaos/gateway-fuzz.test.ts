import { testGatewayFuzz } from '../support/fuzz/gateway-fuzz.js';

testGatewayFuzz(10_000, 'released');
