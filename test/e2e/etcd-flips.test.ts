import { testFlips } from '../support/etcd-flips.js';

testFlips(100, 20);
