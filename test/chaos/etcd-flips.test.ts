import { testFlips } from '../support/etcd-flips.js';

testFlips(1_000, 50);
