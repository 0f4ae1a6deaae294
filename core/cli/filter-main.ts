#!/usr/bin/env node
// The `sluice-filter` command of the SDK: `sluice filter` for those who have no gateway.
import { runMain } from './command.js';
import { filter } from './filter.js';

await runMain(filter);
