import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOf } from './source-tree.js';

interface Package {
  readonly version: string;
  readonly engines: unknown;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

describe('sdk/package.json', () => {
  const sdk = JSON.parse(textOf('sdk/package.json')) as Package;
  const gateway = JSON.parse(textOf('package.json')) as Package;

  it('has the version, the engines and the licence of the gateway', () => {
    const of = ({ version, engines, license }: Package): unknown => ({ version, engines, license });
    assert.deepEqual(of(sdk), of(gateway));
    assert.equal(textOf('sdk/LICENSE'), textOf('LICENSE'));
  });

  it('pins the versions that the gateway runs with', () => {
    for (const [name, version] of Object.entries(sdk.dependencies)) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
      assert.equal(version, gateway.dependencies[name], name);
    }
  });

  it('is locked in the same state', () => {
    const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Package> };
    const locked = packages['sdk']!;
    assert.deepEqual([locked.version, locked.dependencies], [sdk.version, sdk.dependencies]);
  });
});
