// What every Router must do, whatever it is made of.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import type { RouteMatch, RouteMatchOptions, Router } from '../../core/router/router.js';

type Entry = RouteMatchOptions & { readonly route: string };
export type BuildRouter = (entries: readonly Entry[]) => Router<string>;

/** `"GET,POST api.example.com,*.example.com /users/:id"`; the host `-` stands for any. The line is the route. */
function entry(line: string): Entry {
  const [methods, hosts, path] = line.split(' ') as [string, string, string];
  return {
    id: line,
    hosts: hosts === '-' ? null : hosts.split(','),
    path,
    methods: methods.split(','),
    route: line,
  };
}

function found(route: string, ...params: string[]): RouteMatch<string> {
  return { kind: 'found', id: route, route, params };
}

function refused(...allow: string[]): RouteMatch<string> {
  return { kind: 'method', allow };
}

const none: RouteMatch<string> = { kind: 'none' };

export function describeRouter(name: string, build: BuildRouter): void {
  /** Builds a router of `lines` and checks each `"METHOD host /path"` against what it must answer. */
  function check(lines: readonly string[], expected: Readonly<Record<string, RouteMatch<string>>>): void {
    const router = build(lines.map(entry));
    for (const [request, match] of Object.entries(expected)) {
      const [method, host, path] = request.split(' ') as [string, string, string];
      assert.deepEqual(router.match(host, path, method), match, request);
    }
  }

  describe(name, () => {
    test('finds nothing when nothing is declared', () => {
      check([], { 'GET a.test /': none, 'GET a.test /x': none });
    });

    test('finds a literal path exactly and nothing beside it', () => {
      check(['GET - /users'], {
        'GET a.test /users': found('GET - /users'),
        'GET a.test /users/': none,
        'GET a.test /user': none,
        'GET a.test /userss': none,
        'GET a.test /users/x': none,
        'GET a.test /Users': none,
        'GET a.test /': none,
      });
    });

    test('keeps a path with a trailing slash apart from the one without', () => {
      check(['GET - /users', 'GET - /users/'], {
        'GET a.test /users': found('GET - /users'),
        'GET a.test /users/': found('GET - /users/'),
      });
    });

    test('answers 405 with the declared methods, sorted, and HEAD beside GET', () => {
      check(['PUT,GET - /a', 'DELETE - /a', 'POST - /b'], {
        'POST a.test /a': refused('DELETE', 'GET', 'HEAD', 'PUT'),
        'get a.test /a': refused('DELETE', 'GET', 'HEAD', 'PUT'),
        'HEAD a.test /b': refused('POST'),
        'OPTIONS a.test /b': refused('POST'),
      });
    });

    test('answers HEAD from the GET route unless one is declared for HEAD', () => {
      check(['GET - /a', 'GET - /b', 'HEAD - /b'], {
        'HEAD a.test /a': found('GET - /a'),
        'HEAD a.test /b': found('HEAD - /b'),
        'GET a.test /b': found('GET - /b'),
      });
    });

    test('takes any token as a method', () => {
      check(["PROPFIND,BREW,X-!#$%&'*+.^_`|~ - /a/:x"], {
        'BREW a.test /a/1': found("PROPFIND,BREW,X-!#$%&'*+.^_`|~ - /a/:x", 'x', '1'),
        'PROPFIND a.test /a/1': found("PROPFIND,BREW,X-!#$%&'*+.^_`|~ - /a/:x", 'x', '1'),
        "X-!#$%&'*+.^_`|~ a.test /a/1": found("PROPFIND,BREW,X-!#$%&'*+.^_`|~ - /a/:x", 'x', '1'),
        'brew a.test /a/1': refused('BREW', 'PROPFIND', "X-!#$%&'*+.^_`|~"),
        'constructor a.test /a/1': refused('BREW', 'PROPFIND', "X-!#$%&'*+.^_`|~"),
      });
    });

    test('fills a parameter with one whole segment', () => {
      check(['GET - /users/:id', 'GET - /users/:id/posts/:post'], {
        'GET a.test /users/42': found('GET - /users/:id', 'id', '42'),
        'GET a.test /users/a.b-c;d=1:e': found('GET - /users/:id', 'id', 'a.b-c;d=1:e'),
        'GET a.test /users/42/posts/7': found('GET - /users/:id/posts/:post', 'id', '42', 'post', '7'),
        'GET a.test /users/42/': none,
        'GET a.test /users/42/posts': none,
      });
    });

    test('does not fill a parameter with an empty segment', () => {
      check(['GET - /users/:id', 'GET - /a/:x/b', 'GET - /files/:name', 'GET - /files/*'], {
        'GET a.test /users/': none,
        'GET a.test /users': none,
        'GET a.test /a//b': none,
        'GET a.test /files/': found('GET - /files/*', '*', ''),
      });
    });

    test('fills a wildcard with the rest of the path, which may be empty', () => {
      check(['GET - /files/*', 'GET - /:tenant/raw/*'], {
        'GET a.test /files/': found('GET - /files/*', '*', ''),
        'GET a.test /files/a/b/': found('GET - /files/*', '*', 'a/b/'),
        'GET a.test /files': none,
        'GET a.test /acme/raw/x/y': found('GET - /:tenant/raw/*', 'tenant', 'acme', '*', 'x/y'),
      });
    });

    test('prefers literals to parameters and those to wildcards, segment by segment', () => {
      check(['GET - /a/b/c', 'GET - /a/:x/c', 'GET - /a/:x/:y', 'GET - /a/*', 'GET - /*'], {
        'GET a.test /a/b/c': found('GET - /a/b/c'),
        'GET a.test /a/z/c': found('GET - /a/:x/c', 'x', 'z'),
        'GET a.test /a/b/z': found('GET - /a/:x/:y', 'x', 'b', 'y', 'z'),
        'GET a.test /a/b': found('GET - /a/*', '*', 'b'),
        'GET a.test /a': found('GET - /*', '*', 'a'),
        'GET a.test /': found('GET - /*', '*', ''),
      });
    });

    test('turns back from a literal segment whose continuation does not fit', () => {
      check(['GET - /a/b/c', 'GET - /:x/b/d', 'GET - /ab', 'GET - /:x/e'], {
        'GET a.test /a/b/d': found('GET - /:x/b/d', 'x', 'a'),
        'GET a.test /abc/e': found('GET - /:x/e', 'x', 'abc'),
      });
    });

    test('lets the most specific path answer 405 although a wider one has the method', () => {
      check(['GET - /users/me', 'DELETE - /users/:id'], {
        'DELETE a.test /users/me': refused('GET', 'HEAD'),
        'DELETE a.test /users/7': found('DELETE - /users/:id', 'id', '7'),
      });
    });

    test('lets routes of one path call its parameters by different names', () => {
      check(['GET - /u/:id/*', 'POST - /u/:name/*'], {
        'GET a.test /u/1/x': found('GET - /u/:id/*', 'id', '1', '*', 'x'),
        'POST a.test /u/1/x': found('POST - /u/:name/*', 'name', '1', '*', 'x'),
      });
    });

    test('prefers an exact host to a wildcard host and that to any host', () => {
      check(['GET api.test.org /x', 'GET *.test.org /x', 'GET - /x'], {
        'GET api.test.org /x': found('GET api.test.org /x'),
        'GET www.test.org /x': found('GET *.test.org /x'),
        'GET test.org /x': found('GET - /x'),
        'GET a.b.test.org /x': found('GET - /x'),
        'GET .test.org /x': found('GET - /x'),
        'GET [::1] /x': found('GET - /x'),
      });
    });

    test('falls back to a less specific host when the path is not declared, not when the method is', () => {
      check(['GET api.test.org /x', 'POST *.test.org /x', 'POST *.test.org /y', 'POST - /z/:p'], {
        'POST api.test.org /x': refused('GET', 'HEAD'),
        'POST api.test.org /y': found('POST *.test.org /y'),
        'POST api.test.org /z/1': found('POST - /z/:p', 'p', '1'),
        'POST api.test.org /n': none,
        'POST - /y': none,
      });
    });

    test('takes several hosts and gives an empty list of hosts or methods no request', () => {
      const router = build([
        { ...entry('GET a.test,*.b.test /x'), id: 'two', route: 'two' },
        { id: 'n', hosts: [], path: '/n', methods: ['GET'], route: 'none' },
        { id: 'm', hosts: null, path: '/m', methods: [], route: 'none' },
      ]);
      assert.deepEqual(router.match('a.test', '/x', 'GET'), found('two'));
      assert.deepEqual(router.match('c.b.test', '/x', 'GET'), found('two'));
      assert.deepEqual(router.match('c.test', '/x', 'GET'), none);
      assert.deepEqual(router.match('a.test', '/n', 'GET'), none);
      assert.deepEqual(router.match('a.test', '/m', 'GET'), none);
    });

    test('decodes parameters once, and bytes that are not UTF-8 to U+FFFD', () => {
      check(['GET - /p/:x', 'GET - /w/*'], {
        'GET a.test /p/a%20b%2Fc%3fd': found('GET - /p/:x', 'x', 'a b/c?d'),
        'GET a.test /p/%C3%A9%e2%82%ac': found('GET - /p/:x', 'x', 'é€'),
        'GET a.test /p/%2541': found('GET - /p/:x', 'x', '%41'),
        'GET a.test /p/a%ffb': found('GET - /p/:x', 'x', 'a\ufffdb'),
        'GET a.test /p/%': found('GET - /p/:x', 'x', '%'),
        'GET a.test /w/a%2Fb/%25': found('GET - /w/*', '*', 'a/b/%'),
        'GET a.test /p/%0A': found('GET - /p/:x', 'x', '\n'),
      });
    });

    test('compares literals by their canonical encoding', () => {
      check(['GET - /caf%c3%a9', 'GET - /a%2Bb/:x', 'GET - /a+b/:x', 'GET - /%7Euser'], {
        'GET a.test /caf%C3%A9': found('GET - /caf%c3%a9'),
        'GET a.test /caf%c3%A9': found('GET - /caf%c3%a9'),
        'GET a.test /a%2bb/1': found('GET - /a%2Bb/:x', 'x', '1'),
        'GET a.test /a+b/1': found('GET - /a+b/:x', 'x', '1'),
        'GET a.test /~user': found('GET - /%7Euser'),
        'GET a.test /a%252Bb/1': none,
      });
    });

    test('reads no character of a path as a delimiter but the slash', () => {
      check(['GET - /a;b', 'GET - /items:batch', 'GET - /v1/items:batch/:x', 'GET - /p/:x'], {
        'GET a.test /a;b': found('GET - /a;b'),
        'GET a.test /a': none,
        'GET a.test /items:batch': found('GET - /items:batch'),
        'GET a.test /v1/items:batch/1': found('GET - /v1/items:batch/:x', 'x', '1'),
        'GET a.test /p/a?b#c': found('GET - /p/:x', 'x', 'a?b#c'),
        'GET a.test /a;b?c': none,
        'GET a.test http://a.test/p/1': none,
        'GET a.test *': none,
        'GET a.test xp/1': none,
      });
    });

    test('fills long segments and deep paths', () => {
      const deep = `/${Array.from({ length: 40 }, (_, i) => `:p${i}`).join('/')}`;
      const router = build([entry('GET - /s/:x'), entry(`GET - ${deep}`)]);
      const long = 'x'.repeat(10_000);
      assert.deepEqual(router.match('a.test', `/s/${long}`, 'GET'), found('GET - /s/:x', 'x', long));
      const values = Array.from({ length: 40 }, (_, i) => `v${i}`);
      assert.deepEqual(
        router.match('a.test', `/${values.join('/')}`, 'GET'),
        found(`GET - ${deep}`, ...values.flatMap((value, i) => [`p${i}`, value])),
      );
    });

    test('finds each of ten thousand routes', () => {
      const lines = Array.from(
        { length: 10_000 },
        (_, i) => `GET h${i % 10}.test /r${i}${i % 2 ? '/:x' : ''}`,
      );
      const router = build(lines.map(entry));
      for (const [i, line] of lines.entries()) {
        const match = router.match(`h${i % 10}.test`, `/r${i}${i % 2 ? '/v' : ''}`, 'GET');
        assert.deepEqual(match, i % 2 ? found(line, 'x', 'v') : found(line));
      }
    });

    test('refuses two entries that claim the same host, shape and method', () => {
      const pairs = [
        ['GET - /a/:x', 'POST,GET - /a/:y'],
        ['GET a.test /a', 'GET b.test,a.test /a'],
        ['GET - /caf%c3%a9', 'GET - /caf%C3%A9'],
      ];
      for (const pair of pairs) {
        assert.throws(
          () => build(pair.map(entry)),
          (error) => error instanceof GatewayError && error.code === 'SLUICE_CONFIG_DUPLICATE',
        );
      }
    });

    test('refuses a path that is no pattern', () => {
      for (const path of ['', 'a', '/a//b', '/*/a', '/a*', '/:', '/:a-:b', '/{id}', '/a/../b', '/a?b']) {
        assert.throws(
          () => build([{ id: 'r', hosts: null, path, methods: ['GET'], route: 'r' }]),
          (error) => error instanceof GatewayError && error.code === 'SLUICE_ROUTE_PATTERN',
          path,
        );
      }
    });
  });
}
