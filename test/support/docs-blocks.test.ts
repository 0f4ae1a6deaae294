import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandBlocks } from './docs-blocks.js';
import { comparable } from './docs-output.js';

const PAGE = `# Title

Set up:

\`\`\`sh setup
npm ci
\`\`\`

- in a list:

  \`\`\`sh run=quickstart
  curl -s http://127.0.0.1:8080/users/1
  echo done
  \`\`\`

  which prints

  \`\`\`text
  {"id":1}
    indented
  \`\`\`

\`\`\`\`md
\`\`\`sh run=quickstart
echo shown, not run
\`\`\`
\`\`\`\`

\`\`\`sh
true
\`\`\`

\`\`\`yaml
a: 1
\`\`\`

\`\`\`text
belongs to nothing
\`\`\`
`;

describe('the blocks of a page', () => {
  it('are its commands with the output that follows them', () => {
    assert.deepEqual(commandBlocks(PAGE), [
      { line: 5, info: 'setup', commands: 'npm ci\n', output: null },
      {
        line: 11,
        info: 'run=quickstart',
        commands: 'curl -s http://127.0.0.1:8080/users/1\necho done\n',
        output: '{"id":1}\n  indented\n',
      },
      { line: 29, info: '', commands: 'true\n', output: null },
    ]);
  });

  it('must close', () => {
    assert.throws(() => commandBlocks('text\n```sh\ntrue\n'), /line 2 never closes/);
  });
});

describe('the comparison of outputs', () => {
  it('masks request ids, revisions and times on either side', () => {
    const shown = [
      'HTTP/1.1 404 Not Found',
      'x-request-id: q7Xk2mVd09fTzA0000k3v9',
      'Date: Mon, 01 Jan 2026 00:00:00 GMT',
      '{"requestId":"a","revision": "5d41402abc4b"}',
      '{"time":"2026-01-01T00:00:00.000Z","id":"q7Xk2mVd09fTzA0000k3v9","durationMs":1.25}',
      'sluice_config_revision_info{revision="5d41402abc4b"} 1',
    ].join('\n');
    const given = [
      'HTTP/1.1 404 Not Found',
      'x-request-id: AAAAAAAAAAAAAA00000000',
      'Date: Tue, 02 Feb 2027 00:00:00 GMT',
      '{"requestId":"b","revision": "900150983cd2"}',
      '{"time":"2027-02-02T11:11:11.111Z","id":"AAAAAAAAAAAAAA00000000","durationMs":0.5}',
      'sluice_config_revision_info{revision="900150983cd2"} 1\n',
    ].join('\r\n');
    assert.equal(comparable(given), comparable(shown));
  });

  it('masks nothing else', () => {
    const pairs = [
      ['HTTP/1.1 404 Not Found', 'HTTP/1.1 405 Method Not Allowed'],
      ['{"id":1}', '{"id":2}'],
      ['{"passwordHash":"[redacted]"}', '{"passwordHash":"$2b$12$"}'],
      ['allow: GET', 'allow: GET, HEAD'],
      ['{"at":"2026-01-12T08:14:09Z"}', '{"at":"2026-01-13T08:14:09Z"}'],
      ['a\nb', 'a b'],
    ] as const;
    for (const [shown, given] of pairs) assert.notEqual(comparable(given), comparable(shown));
  });
});
