#!/usr/bin/env node
// A file that stands here before anything is compiled, so that npm can link it.
import '../dist/core/cli/filter-main.js';
