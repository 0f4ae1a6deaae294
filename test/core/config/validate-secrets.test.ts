// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { errorsOf, summaryOf, validateWhole } from './validating.js';

describe('secrets of a document', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const keep = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return `secret+file://${join(folder, name)}`;
  };
  const documentOf = (header: string, grant: string): string =>
    `listeners: []
upstreams:
  u: { targets: [], headers: { x-key: "${header}" } }
filters:
  f:
    module: ./f.wasm
    config: { a: "${header}" }
    grants:
      secrets: [{ name: s, from: "${grant}" }]
routes: []
`;

  test('stand beside the configuration, which keeps the references', () => {
    const from = keep('token', 'canary\u00e9\n');
    const { config, secrets } = validateWhole(documentOf(`K\u00e9y \${${from}}`, from));
    assert.ok(!JSON.stringify(config).includes('canary'));
    const { headers } = config.upstreams[0]!;
    assert.deepEqual(headers, ['x-key', `K\u00e9y \${${from}}`]);
    assert.equal(secrets.expandField(headers[1]!), 'K\u00e9y canary\u00c3\u00a9');
    assert.deepEqual(secrets.expandAll(config.filters[0]!.config), { a: 'K\u00e9y canary\u00e9' });
    assert.deepEqual(config.filters[0]!.grants.secrets, [
      { name: 's', from, sign: false, read: false, upstreams: null },
    ]);
    assert.equal(secrets.expand(from), 'canary\u00e9');
  });

  test('may be for some upstreams only, which there have to be', () => {
    const from = keep('token', 'canary');
    const granted = (upstreams: string): string =>
      documentOf(from, from).replace(`from: "${from}" }`, `from: "${from}", upstreams: ${upstreams} }`);
    const grants = (upstreams: string) =>
      validateWhole(granted(upstreams)).config.filters[0]!.grants.secrets[0]!.upstreams;
    assert.deepEqual(grants('[u]'), ['u']);
    assert.deepEqual(grants('[]'), []);
    assert.deepEqual(errorsOf(granted('[u, v]')).map(summaryOf), [
      'SLUICE_CONFIG_REFERENCE 9:99 /filters/f/grants/secrets/0/upstreams/1',
    ]);
    assert.equal(errorsOf(granted('[u, u]'))[0]!.code, 'SLUICE_CONFIG_DUPLICATE');
  });

  test('of several lines are refused where they are for headers, at their place and unquoted', () => {
    const from = keep('lines', 'canary\nsecond\n');
    const text = documentOf(from, from);
    const errors = errorsOf(text);
    assert.deepEqual(errors.map(summaryOf), [
      'SLUICE_SECRET_UNRESOLVED 3:39 /upstreams/u/headers/x-key',
      'SLUICE_SECRET_UNRESOLVED 9:34 /filters/f/grants/secrets/0/from',
    ]);
    for (const { message } of errors) {
      assert.match(message, /found a secret with a control character, expected one line of text/);
      assert.doesNotMatch(message, /canary/);
    }
    for (const grant of ['read', 'sign'])
      assert.deepEqual(errorsOf(documentOf('plain', from).replace('from:', `${grant}: true, from:`)), []);
  });

  test('are no variables: these are refused where they stand, with what a secret looks like', () => {
    const from = keep('token', 'canary');
    const errors = errorsOf(
      documentOf('${API_KEY}', from).replace('routes:', 'log: { level: "${LEVEL}" }\nroutes:'),
    );
    assert.deepEqual(errors.map(summaryOf), [
      'SLUICE_SECRET_UNRESOLVED 3:39 /upstreams/u/headers/x-key',
      'SLUICE_SECRET_UNRESOLVED 7:18 /filters/f/config/a',
      'SLUICE_SECRET_UNRESOLVED 10:15 /log/level',
    ]);
    assert.match(
      errors[1]!.message,
      /found "\$\{API_KEY\}", expected a reference to a secret, such as \$\{secret\+env:\/\/API_KEY\}/,
    );
    assert.match(errors[2]!.message, /expected no variable: secrets may stand in headers/);
  });

  test('have an escape for texts that look alike, and leave patterns alone', () => {
    const from = keep('token', 'canary');
    const { secrets, config } = validateWhole(documentOf(`$\${API_KEY} \${${from}} ^a$\{`, from));
    assert.equal(config.upstreams[0]!.headers[1], `$\${API_KEY} \${${from}} ^a$\{`);
    assert.equal(secrets.expandField(config.upstreams[0]!.headers[1]!), '${API_KEY} canary ^a${');
    assert.deepEqual(secrets.expandAll(config.filters[0]!.config), { a: '${API_KEY} canary ^a${' });
    assert.deepEqual([...secrets.byReference], [[from, 'canary']]);
    assert.equal(secrets.redact('${API_KEY}'), '${API_KEY}');
    assert.deepEqual(errorsOf(documentOf('^a${', from)), []);
  });

  test('that are not there are refused at their place, a field among them', () => {
    const from = keep('object', '{"user":"canary"}');
    const errors = errorsOf(documentOf(`\${${from}#none} and \${secret+env://SLUICE_NEVER_SET}`, from));
    assert.deepEqual(errors.map(summaryOf), [
      'SLUICE_SECRET_UNRESOLVED 3:39 /upstreams/u/headers/x-key',
      'SLUICE_SECRET_UNRESOLVED 3:39 /upstreams/u/headers/x-key',
      'SLUICE_SECRET_UNRESOLVED 7:18 /filters/f/config/a',
      'SLUICE_SECRET_UNRESOLVED 7:18 /filters/f/config/a',
    ]);
    assert.match(errors[0]!.message, /#none\}", expected a JSON object with a text called "none"$/);
    assert.doesNotMatch(errors.map(({ message }) => message).join(), /canary/);
  });
});
