// Preloaded into test runs: registers the hook that finds the harness.
import { register } from 'node:module';

register('./sdk-resolution.js', import.meta.url);
