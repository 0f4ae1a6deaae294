// What every provider of secrets does. Call it with a way to keep a value, and one to ask for what was never kept.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SecretProvider } from '../../core/secrets/provider.js';

export interface SecretKeeper {
  readonly provider: SecretProvider;
  /** Keeps a value and answers the name to ask for it. */
  keep(value: string): string;
  /** A name that was never kept. */
  readonly absent: string;
}

export function secretProviderContract(open: () => SecretKeeper): void {
  const read = ({ provider }: SecretKeeper, name: string): string =>
    provider.read({ scheme: 'secret', name, field: null });

  it('gives back what was kept, byte for byte', () => {
    const keeper = open();
    for (const value of ['plain', ' with spaces ', 'two\nlines', 'caf\u00e9 \u{1f511}', '{"a":"b"}']) {
      assert.equal(read(keeper, keeper.keep(value)), value);
    }
  });

  it('gives the value of now', () => {
    const keeper = open();
    const name = keeper.keep('old');
    assert.equal(read(keeper, name), 'old');
    assert.equal(keeper.keep('new'), name);
    assert.equal(read(keeper, name), 'new');
  });

  it('says of what is not there what was expected', () => {
    const keeper = open();
    assert.throws(() => read(keeper, keeper.absent), /file|environment variable|entry/);
  });
}
