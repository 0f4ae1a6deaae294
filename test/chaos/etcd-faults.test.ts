import { testFaults } from '../support/etcd-faults.js';

testFaults({ shortMs: 5_000, longMs: 30_000 });
