import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileSource } from '../../core/config/file-source.js';
import { Gateway } from '../../core/gateway.js';
import type { GatewaySources, Seat } from '../../core/seat.js';
import { LogDestination } from '../../core/telemetry/log-destination.js';
import { until } from '../support/gateway.js';

test('a gateway whose admin listener answers is not ready before its other listeners are open', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-readiness-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sluice.yaml');
  writeFileSync(
    file,
    'listeners: [{ name: public, address: 127.0.0.1:0, engine: node }]\nlog: { level: silent }\n',
  );
  let sources: GatewaySources | null = null;
  let isAsked = false;
  let isFree = (): void => undefined;
  const free = new Promise<void>((resolve) => {
    isFree = resolve;
  });
  const seat: Seat = {
    index: 1,
    count: 1,
    ports: {
      claim: () => {
        isAsked = true;
        return free;
      },
      release: () => undefined,
    },
    openDesk: (given) => {
      sources = given;
      return { port: 0, open: async () => undefined, update: () => undefined, close: async () => undefined };
    },
    rolledBack: () => undefined,
  };
  const starting = Gateway.start({
    source: new FileSource(file, { findSecrets: () => [] }),
    seat,
    logDestination: new LogDestination({ isShared: true }),
  });
  await until(() => isAsked);
  const { ready, reasons } = await sources!.readiness();
  assert.deepEqual([ready, reasons], [false, ['the listeners are being opened']]);
  isFree();
  const gateway = await starting;
  assert.deepEqual((await sources!.readiness()).ready, true);
  await gateway.stop();
});
