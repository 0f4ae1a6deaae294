// `npm run bench`: which suites there are, in the order in which they run.
import { bench } from './command/bench.js';
import { gatewaySuite } from './gateway/suite.js';
import { microSuite } from './micro/suite.js';
import { peersSuite } from './peers/suite.js';
import { scaleSuite } from './scale/suite.js';
import { soakSuite } from './soak/suite.js';

await bench([gatewaySuite, peersSuite, scaleSuite, soakSuite, microSuite]);
