// Runs test files in this process: `node test-runner.js FILE…`. node:test reports and sets the exit code.
import { pathToFileURL } from 'node:url';

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href);
