import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainKey, keysBelow, keysOf, UnknownKeyError } from '../../../core/config/key-reference.js';

describe('keys of the configuration, looked up', () => {
  it('are found by their whole path, by one with names of their own, and by one without names and entries', () => {
    for (const path of [
      'upstreams.NAME.targets[].weight',
      'upstreams.users.targets[].weight',
      'upstreams.users.targets.weight',
      'upstreams.targets.weight',
    ])
      assert.equal(explainKey(path).path, 'upstreams.NAME.targets[].weight', path);
  });

  it('say what they take, their default, and whether they have to be there', () => {
    const { description, ...facts } = explainKey('upstreams.healthCheck.healthyAfter');
    assert.match(description, /\w.*\.$/);
    assert.deepEqual(facts, {
      path: 'upstreams.NAME.healthCheck.healthyAfter',
      type: 'integer 1..100',
      default: '2',
      required: false,
      examples: [],
    });
    assert.equal(explainKey('routes.match').required, true);
    assert.equal(explainKey('listeners.engine').type, '"auto" or "uws" or "node"');
    assert.equal(explainKey('upstreams.tls.ca').type, 'string, or a list of them');
    assert.equal(explainKey('routes.limits.requestBodyBytes').type, 'integer from 0');
  });

  it('have the keys of the entry, where they are lists or go by name', () => {
    const names = (path: string): string[] => keysOf(path).map((key) => key.path);
    assert.deepEqual(names('routes.match'), [
      'routes[].match.hosts',
      'routes[].match.path',
      'routes[].match.methods',
    ]);
    assert.ok(names('upstreams').includes('upstreams.NAME.targets'));
    assert.ok(names('').includes('listeners'));
    assert.deepEqual(names('shutdown.drainMs'), []);
  });

  it('come with all below them, each before its own', () => {
    const paths = keysBelow('upstreams').map((key) => key.path);
    assert.equal(new Set(paths).size, paths.length);
    assert.ok(paths.indexOf('upstreams.NAME.tls') < paths.indexOf('upstreams.NAME.tls.ca'));
  });

  it('are told from words that are none, with what was probably meant', () => {
    const wrong = (path: string): string => {
      try {
        return explainKey(path).path;
      } catch (error) {
        assert.ok(error instanceof UnknownKeyError);
        return error.message;
      }
    };
    assert.match(wrong('upstream'), /the document has no key "upstream".*did you mean "upstreams"\?/);
    assert.match(wrong('routes.match.pth'), /routes\[\]\.match has no key "pth".*did you mean "path"\?/);
    assert.match(wrong('workers.count.more'), /workers\.count has no key "more"; expected none below it/);
    assert.match(wrong('constructor'), /has no key "constructor"/);
  });
});
