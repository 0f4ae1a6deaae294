// Build step: writes the JSON Schema of the configuration to dist/sluice.schema.json, where editors find it.
import { writeFileSync } from 'node:fs';
import { CONFIG_SCHEMA } from '../config/schema.js';

// Seen from dist/core/cli/, where this file runs.
const path = new URL('../../sluice.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n`);
