import { testFaults } from '../support/etcd-faults.js';

testFaults({ shortMs: 500, longMs: 4_000 });
