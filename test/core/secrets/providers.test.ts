// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { EnvironmentProvider } from '../../../core/secrets/environment-provider.js';
import { FileProvider } from '../../../core/secrets/file-provider.js';
import { localSecrets } from '../../../core/secrets/lookup.js';
import { secretProviderContract } from '../../contract/secret-provider.contract.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function keepFile(text: string): string {
  writeFileSync(join(folder, 'kept'), text);
  return 'kept';
}

describe('secrets in files', () => {
  secretProviderContract(() => ({ provider: new FileProvider(folder), keep: keepFile, absent: 'none' }));

  it('lose the line break at their end, and only that', () => {
    const provider = new FileProvider('/');
    for (const [text, value] of [
      ['a\n', 'a'],
      ['a\r\n', 'a'],
      ['a\n\n', 'a\n'],
      ['a\n b', 'a\n b'],
    ] as const) {
      keepFile(text);
      assert.equal(provider.read({ scheme: 'secret+file', name: join(folder, 'kept'), field: null }), value);
    }
  });

  it('are short', () => {
    keepFile('x'.repeat(65 * 1024));
    const reference = { scheme: 'secret+file', name: 'kept', field: null } as const;
    assert.throws(() => new FileProvider(folder).read(reference), /larger than 65536 bytes/);
    keepFile('x'.repeat(64 * 1024));
    assert.equal(new FileProvider(folder).read(reference).length, 65536);
  });

  it('are regular files: a pipe would be waited for, a device read without end', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const name of [join(folder, 'pipe'), '/dev/zero', folder]) {
      const reference = { scheme: 'secret+file', name, field: null } as const;
      assert.throws(() => new FileProvider(folder).read(reference), /it is no regular file/, name);
    }
  });

  it('are none of /proc, where the variables of the gateway are to be seen', {
    skip: !existsSync('/proc/self/environ'),
  }, () => {
    symlinkSync('/proc/self/environ', join(folder, 'environ'));
    for (const name of [
      '/proc/self/environ',
      `/proc/${process.pid}/environ`,
      'environ',
      '/proc/self/cmdline',
    ]) {
      const reference = { scheme: 'secret+file', name, field: null } as const;
      assert.throws(() => new FileProvider(folder).read(reference), /it shows a process/, name);
    }
    keepFile('a');
    const open = openSync(join(folder, 'kept'), 'r');
    const reference = { scheme: 'secret+file', name: `/proc/self/fd/${open}`, field: null } as const;
    assert.equal(new FileProvider(folder).read(reference), 'a');
    closeSync(open);
  });

  it('are UTF-8, which is not guessed at', () => {
    writeFileSync(join(folder, 'kept'), Buffer.from([0x61, 0xff, 0x62]));
    const reference = { scheme: 'secret+file', name: 'kept', field: null } as const;
    assert.throws(() => new FileProvider(folder).read(reference), { message: 'a file in UTF-8' });
  });
});

describe('what the gateway is trusted with', () => {
  it('is not there for a configuration, by whatever path or variable', () => {
    const keys = join(folder, 'keys');
    writeFileSync(keys, 'kept back');
    symlinkSync(keys, join(folder, 'link'));
    linkSync(keys, join(folder, 'twin'));
    for (const path of [keys, 'keys', './none/../keys', 'link', 'twin']) {
      const [found] = localSecrets(folder, [join(folder, 'another'), keys]).find(`secret+file://${path}`);
      assert.equal(found!.value, null);
      assert.match(found!.problem ?? '', /it is for the gateway itself/);
    }
    assert.equal(localSecrets(folder).find('secret+file://keys')[0]!.value, 'kept back');
    const environment = new EnvironmentProvider({ SLUICE_SECRET_KEYS: 'a', SLUICE_ETCD_PASSWORD: 'b' });
    for (const name of ['SLUICE_SECRET_KEYS', 'SLUICE_ETCD_PASSWORD', 'SLUICE_SECRET_KEYS_FILE']) {
      const read = () => environment.read({ scheme: 'secret+env', name, field: null });
      assert.throws(read, /a variable of yours: SLUICE_\w+ is for the gateway itself/);
    }
  });
});

describe('secrets in the environment', () => {
  const environment: Record<string, string> = {};
  secretProviderContract(() => ({
    provider: new EnvironmentProvider(environment),
    keep: (value) => {
      environment['KEPT'] = value;
      return 'KEPT';
    },
    absent: 'NONE',
  }));
});

describe('the look-up of secrets', () => {
  const find = (text: string) => localSecrets(folder).find(text);

  it('resolves whole values, parts and fields', () => {
    keepFile('{"user":"ada","empty":"","number":1}');
    const [user] = find('Basic ${secret+file://kept#user}');
    assert.deepEqual([user!.value, user!.problem], ['ada', null]);
    assert.equal(find('secret+file://kept')[0]!.value, '{"user":"ada","empty":"","number":1}');
  });

  it('never takes an empty, an absent or an unfit value, and never tells what it found', () => {
    keepFile('{"user":"ada","empty":"","number":1}');
    const problems: [string, RegExp][] = [
      ['secret+file://kept#empty', /a secret that is not empty/],
      ['secret+file://kept#none', /a text called "none"/],
      ['secret+file://kept#number', /a text called "number"/],
      ['secret+file://kept#toString', /a text called "toString"/],
      ['secret+file://none', /a file that can be read: ENOENT/],
      ['secret+env://SLUICE_NEVER_SET', /SLUICE_NEVER_SET, which is not set/],
      ['secret://name', /only a configuration in etcd has a store/],
    ];
    for (const [text, problem] of problems) {
      const [mention] = find(text);
      assert.equal(mention!.value, null, text);
      assert.match(mention!.problem!, problem);
      assert.doesNotMatch(mention!.problem!, /ada/);
    }
    keepFile('not json');
    assert.match(find('secret+file://kept#a')[0]!.problem!, /a JSON object/);
    keepFile('');
    assert.match(find('secret+file://kept')[0]!.problem!, /not empty/);
  });
});
