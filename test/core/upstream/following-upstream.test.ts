import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { BufferedBody } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import type { RedirectOptions, Upstream, UpstreamOptions } from '../../../core/upstream/upstream.js';
import { testUpstream } from '../../contract/upstream.contract.js';
import { ScriptedNames } from '../../support/scripted-names.js';
import {
  type BuildUpstream,
  clientLeft,
  collect,
  PushedBody,
  startUpstream,
  upstreamRequest,
} from '../../support/upstream-client.js';
import { ENGINES } from '../../support/upstream-engines.js';
import {
  answering,
  startHttpTarget,
  startRawTarget,
  type TestTarget,
} from '../../support/upstream-servers.js';

const TARGETS_ONLY: RedirectOptions = { most: 5, hosts: [], ports: null, paths: null, allowPrivate: false };
const SECRET = 's3cr3t';

/** Loopback at this port, with nothing else on the lists. */
function also(target: TestTarget, changes: Partial<RedirectOptions> = {}): Partial<RedirectOptions> {
  return { hosts: ['127.0.0.1'], ports: [Number(new URL(target.url).port)], ...changes };
}

/** Answers with what it was asked: a line for the request, one for each field, then the body. */
function tell(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, rawHeaders } = request;
    const fields = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
    response.end([`${method} ${url}`, ...fields, '', Buffer.concat(chunks).toString()].join('\n'));
  });
}

/** Redirects `/STATUS?LOCATION`, tells of all other requests. */
function startMoving(t: TestContext): Promise<TestTarget> {
  return startHttpTarget(t, (request, response) => {
    const [, status, location] = /^\/(30\d)\?(.*)$/.exec(request.url!) ?? [];
    if (status === undefined) tell(request, response);
    else {
      request.resume();
      request.on('end', () =>
        response.writeHead(Number(status), { location: decodeURIComponent(location!) }).end('moved'),
      );
    }
  });
}

function moved(location: string, status = 302): string {
  return `/${status}?${encodeURIComponent(location)}`;
}

function isRefusal(reason: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'SLUICE_UPSTREAM_REDIRECT');
    assert.equal(error.status, 502);
    assert.match(error.message, reason);
    return true;
  };
}

for (const [name, engine] of Object.entries(ENGINES)) {
  const following: BuildUpstream = (options, resolve) =>
    engine.build({ ...options, redirects: options.redirects ?? TARGETS_ONLY }, resolve);
  testUpstream(`FollowingUpstream over ${name}`, { ...engine, build: following });
  // Where redirects lead has nothing to do with the version that carries them.
  if (engine.multiplexes) continue;

  const start = (
    t: TestContext,
    urls: readonly string[],
    redirects: Partial<RedirectOptions> = {},
    changes: Partial<UpstreamOptions> & { readonly names?: ScriptedNames } = {},
  ): Upstream => {
    const { names, ...options } = changes;
    return startUpstream(t, urls, { ...options, redirects: { ...TARGETS_ONLY, ...redirects } }, (all) =>
      engine.build(all, names?.resolve),
    );
  };

  describe(`FollowingUpstream over ${name}`, { timeout: 30_000 }, () => {
    it('follows to its own targets, and says where it was', async (t) => {
      const other = await startMoving(t);
      const target = await startMoving(t);
      const upstream = start(t, [target.url, other.url]);
      const there = await upstream.forward(
        upstreamRequest({ target: moved(`${other.url}${moved(`${target.url}/a?b=1#c`)}`) }),
      );
      assert.equal(there.status, 200);
      assert.equal(there.target, target.url);
      assert.deepEqual(there.hops, [other.url, target.url]);
      assert.match(await collect(there.body), /^GET \/a\?b=1\n/);
      const plain = await upstream.forward(upstreamRequest());
      assert.deepEqual(plain.hops, []);
      assert.deepEqual(upstream.redirects, { followed: 2, passed: 0, refused: 0 });
    });

    it('resolves a relative location against what was asked, also behind two slashes', async (t) => {
      const target = await startHttpTarget(t, (request, response) => {
        if (request.url === '//evil.example/a/b') response.writeHead(302, { location: '../c?d' }).end();
        else response.end(request.url);
      });
      const upstream = start(t, [target.url]);
      const { body } = await upstream.forward(upstreamRequest({ target: '//evil.example/a/b' }));
      assert.equal(await collect(body), '//evil.example/c?d');
    });

    it('follows to the hosts and ports on the lists and to no other', async (t) => {
      const other = await startMoving(t);
      const target = await startMoving(t);
      const port = Number(new URL(other.url).port);
      const request = (): ReturnType<typeof upstreamRequest> =>
        upstreamRequest({ target: moved(`${other.url}/x`) });
      const lists: Partial<RedirectOptions>[] = [
        { hosts: ['127.0.0.1'], ports: [port] },
        { hosts: ['127.0.0.0/8'], ports: [1, port] },
      ];
      for (const list of lists) {
        const { target: last, body } = await start(t, [target.url], list).forward(request());
        assert.equal(last, other.url);
        assert.match(await collect(body), /^GET \/x\n/);
      }
      const sockets = other.sockets.length;
      const shorter: Partial<RedirectOptions>[] = [
        {},
        { hosts: ['127.0.0.1'] },
        { hosts: ['127.0.0.1'], ports: [port === 1 ? 2 : 1] },
        { hosts: ['127.0.0.2', '*', 'localhost', '0.0.0.0/0'], ports: [port] },
      ];
      for (const list of shorter) {
        const upstream = start(t, [target.url], list);
        await assert.rejects(upstream.forward(request()), isRefusal(/do not allow/));
        assert.deepEqual(upstream.redirects, { followed: 0, passed: 0, refused: 1 });
      }
      assert.equal(other.sockets.length, sockets, 'nobody else was asked');
    });

    it('keeps to the paths on the list, on its targets as well', async (t) => {
      const target = await startMoving(t);
      const upstream = start(t, [target.url], { paths: ['/files/*', '/:id'] });
      for (const path of ['/files/a/b', '/7?x=/admin/1']) {
        const { body } = await upstream.forward(upstreamRequest({ target: moved(path) }));
        assert.match(await collect(body), new RegExp(`^GET ${path.replace('?', '\\?')}\n`));
      }
      for (const path of [
        '/admin/1',
        '/files/../admin/1',
        '/files/%2e%2e/admin/1',
        '/files/a%2f..%2fb',
        '/',
      ]) {
        await assert.rejects(
          upstream.forward(upstreamRequest({ target: moved(path) })),
          isRefusal(/redirects\.paths/),
          path,
        );
      }
    });

    const inside = '169.254.169.254';
    const elsewhere: readonly (readonly [location: string, reason: RegExp])[] = [
      [`http://${inside}/latest/meta-data/`, /169\.254\.169\.254, which/],
      ['//evil.example/', /http:\/\/evil\.example, which/],
      ['///evil.example/', /http:\/\/evil\.example, which/],
      ['http:evil.example', /evil\.example, which|redirects\.paths/],
      ['http:\\\\evil.example', /not spelled/],
      ['\\\\evil.example', /not spelled/],
      ['/\\evil.example', /not spelled/],
      ['http://2852039166/', /169\.254\.169\.254, which/],
      ['http://0xa9fea9fe/', /169\.254\.169\.254, which/],
      ['http://0251.0376.0251.0376/', /169\.254\.169\.254, which/],
      ['http://[::ffff:a9fe:a9fe]/', /\[::ffff:a9fe:a9fe\], which/],
      ['http://169.254.43518/', /169\.254\.169\.254, which/],
      ['http://%31%36%39.254.169.254/', /169\.254\.169\.254, which/],
      ['http://user:pass@evil.example/', /with credentials/],
      ['http://127.0.0.1@evil.example/', /with credentials/],
      ['http://localhost/', /localhost, which/],
      ['http://127.1:1/', /127\.0\.0\.1:1, which/],
      ['http://evil.example:99999/', /no URL/],
      ['http://evil%00.example/', /no URL/],
      ['http://', /no URL/],
      ['file:///etc/passwd', /file:, which is not HTTP/],
      ['gopher://evil.example/', /gopher:, which/],
      ['javascript:alert(1)', /javascript:, which/],
      ['data:,x', /data:, which/],
      ['ftp://evil.example/', /ftp:, which/],
      ['ws://evil.example/', /ws:, which/],
      ['/caf\xe9', /not spelled/],
      ['/a b', /not spelled/],
      ['http://ev\til.example/', /not spelled/],
      ['', /not spelled/],
    ];
    it(`goes nowhere that ${elsewhere.length} locations would lead it`, async (t) => {
      for (const [location, reason] of elsewhere) {
        const target = await startRawTarget(
          t,
          answering(() => `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`),
        );
        const names = new ScriptedNames({});
        const upstream = start(t, [target.url], { paths: ['/none'] }, { names });
        await assert.rejects(upstream.forward(upstreamRequest()), isRefusal(reason), location);
        assert.deepEqual(names.asked, [], location);
        assert.equal(target.sockets.length, 1, location);
      }
    });

    it('refuses a redirect with two locations', async (t) => {
      const target = await startRawTarget(
        t,
        answering(() => 'HTTP/1.1 302 Found\r\nlocation: /a\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n'),
      );
      const upstream = start(t, [target.url]);
      await assert.rejects(upstream.forward(upstreamRequest()), isRefusal(/more than one location/));
    });

    it('judges the addresses of a name on the list as it judges those of a target', async (t) => {
      const target = await startMoving(t);
      const hosts = ['inside.example', '*.example.org'];
      for (const addresses of [['10.0.0.1'], ['93.184.216.34', '127.0.0.1'], [inside], ['fd00:ec2::254']]) {
        const names = new ScriptedNames({ 'inside.example': [addresses], 'a.example.org': [addresses] });
        const upstream = start(t, [target.url], { hosts }, { names });
        for (const host of ['inside.example', 'a.example.org']) {
          await assert.rejects(
            upstream.forward(upstreamRequest({ target: moved(`http://${host}/`) })),
            (error: GatewayError) => {
              assert.equal((error.cause as GatewayError).code, 'SLUICE_UPSTREAM_ADDRESS');
              return isRefusal(/leads to http:\/\/(inside|a)\.example/)(error);
            },
          );
        }
        assert.deepEqual(upstream.redirects, { followed: 0, passed: 0, refused: 2 });
      }
    });

    it('resolves a name once for a connection, and judges it anew for the next (DNS rebinding)', async (t) => {
      const other = await startHttpTarget(t, (_request, response) =>
        response.writeHead(200, { connection: 'close' }).end('public'),
      );
      const target = await startMoving(t);
      const { port } = new URL(other.url);
      const location = `http://localhost:${port}/`;
      const names = new ScriptedNames({ localhost: [['127.0.0.1'], ['10.0.0.1']] });
      const upstream = start(t, [target.url], { hosts: ['localhost'], ports: [Number(port)] }, { names });
      const first = await upstream.forward(upstreamRequest({ target: moved(location) }));
      assert.equal(await collect(first.body), 'public');
      assert.deepEqual(names.asked, ['localhost']);
      await assert.rejects(
        upstream.forward(upstreamRequest({ target: moved(location) })),
        isRefusal(/leads to http:\/\/localhost/),
      );
      assert.deepEqual(names.asked, ['localhost', 'localhost']);
    });

    it('lets names on the list be private where the list says so, whatever the targets may', async (t) => {
      const other = await startMoving(t);
      const target = await startMoving(t);
      const { port } = new URL(other.url);
      const names = new ScriptedNames({ 'db.internal': [['127.0.0.1']] });
      const request = (): ReturnType<typeof upstreamRequest> =>
        upstreamRequest({ target: moved(`http://db.internal:${port}/`) });
      const list = { hosts: ['db.internal'], ports: [Number(port)] };
      const open = start(t, [target.url], { ...list, allowPrivate: true }, { names });
      assert.equal((await open.forward(request())).status, 200);
      const closed = start(t, [target.url], list, { names, allowPrivate: true });
      await assert.rejects(closed.forward(request()), isRefusal(/db\.internal/));
    });

    it('never connects to a metadata service that a network on the list contains', async (t) => {
      const target = await startMoving(t);
      const upstream = start(t, [target.url], { hosts: ['169.254.0.0/16'] });
      await assert.rejects(
        upstream.forward(upstreamRequest({ target: moved(`http://${inside}/`) })),
        isRefusal(/169\.254\.169\.254/),
      );
    });

    it('finds loops, and stops after as many redirects as it may follow', async (t) => {
      let asked = 0;
      const target = await startHttpTarget(t, (request, response) => {
        asked++;
        const at = new URL(request.url!, 'http://x');
        const next = at.pathname === '/count' ? `/count?${Number(at.search.slice(1)) + 1}` : '/b';
        response.writeHead(302, { location: at.pathname === '/b' ? '/a' : next }).end();
      });
      const upstream = start(t, [target.url], { most: 3 });
      await assert.rejects(upstream.forward(upstreamRequest({ target: '/a' })), isRefusal(/back to/));
      assert.equal(asked, 2);
      await assert.rejects(
        upstream.forward(upstreamRequest({ target: '/count?0' })),
        isRefusal(/allows 3, and this is one more/),
      );
      assert.equal(asked, 2 + 4);
    });

    it('makes a GET of a POST after 301, 302 and 303, without the body and what is about it', async (t) => {
      const target = await startMoving(t);
      const upstream = start(t, [target.url]);
      for (const status of [301, 302, 303]) {
        for (const body of [new BufferedBody(Buffer.from('form')), new PushedBody(300_000)]) {
          const response = await upstream.forward(
            upstreamRequest({
              method: 'POST',
              target: moved('/done', status),
              headers: new HeaderList(['content-type', 'text/plain', 'x-kept', 'yes']),
              body,
            }),
          );
          const told = await collect(response.body);
          assert.match(told, /^GET \/done\n/);
          assert.match(told, /x-kept: yes/);
          assert.doesNotMatch(told, /content-|transfer-encoding|form/i);
        }
      }
    });

    it('keeps GET and HEAD, makes a GET of all others after 303, and passes on what 301 and 302 leave open', async (t) => {
      const target = await startMoving(t);
      const upstream = start(t, [target.url]);
      const become = async (method: string, status: number): Promise<string> => {
        const response = await upstream.forward(upstreamRequest({ method, target: moved('/done', status) }));
        const told = await collect(response.body);
        return response.status === 200 ? (told.split(' ', 1)[0] ?? '') : String(response.status);
      };
      for (const status of [301, 302, 303, 307, 308]) assert.equal(await become('GET', status), 'GET');
      // HEAD has no body to tell of it.
      for (const status of [301, 303, 308]) assert.equal(await become('HEAD', status), '');
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        assert.equal(await become(method, 303), 'GET');
        assert.equal(await become(method, 301), '301');
        assert.equal(await become(method, 302), '302');
        assert.equal(await become(method, 307), method);
      }
      assert.deepEqual(upstream.redirects, { followed: 5 + 3 + 8, passed: 8, refused: 0 });
    });

    it('repeats a body in memory after 307 and 308, and passes the redirect on for one that has streamed away', async (t) => {
      const target = await startMoving(t);
      const upstream = start(t, [target.url]);
      for (const status of [307, 308]) {
        const request = { method: 'POST', target: moved('/again', status) };
        const body = new BufferedBody(Buffer.from('once more'));
        const again = await upstream.forward(upstreamRequest({ ...request, body }));
        assert.match(await collect(again.body), /^POST \/again\n.*once more$/s);
        const streamed = new PushedBody(300_000);
        const passed = await upstream.forward(upstreamRequest({ ...request, body: streamed }));
        assert.equal(passed.status, status);
        assert.equal(passed.headers.get('location'), '/again');
        assert.equal(await collect(passed.body), 'moved');
      }
      assert.deepEqual(upstream.redirects, { followed: 2, passed: 2, refused: 0 });
    });

    it('judges the location of what it passes on as well', async (t) => {
      const target = await startMoving(t);
      const upstream = start(t, [target.url]);
      const body = new PushedBody(300_000);
      await assert.rejects(
        upstream.forward(
          upstreamRequest({ method: 'POST', target: moved('http://evil.example/', 307), body }),
        ),
        isRefusal(/evil\.example/),
      );
    });

    it('tells strangers nothing of who asks, and nothing of the operator, to the end of the chain', async (t) => {
      const other = await startMoving(t);
      const target = await startMoving(t);
      const upstream = start(t, [target.url], also(other));
      const headers = new HeaderList([
        ...['authorization', SECRET, 'cookie', SECRET, 'x-api-key', SECRET, 'x-forwarded-for', '192.0.2.7'],
        ...['referer', `http://a/${SECRET}`, 'user-agent', SECRET, 'accept', 'text/*', 'x-request-id', '7'],
      ]);
      const confined = new Set(['user-agent', 'x-api-key']);
      const told = async (location: string): Promise<string> => {
        const request = upstreamRequest({
          target: moved(location),
          headers,
          confined,
          authority: 'a.example',
        });
        return collect((await upstream.forward(request)).body);
      };
      const within = await told('/x');
      assert.equal(
        within.split(SECRET).length - 1,
        5,
        'the targets get what they would get without a redirect',
      );
      assert.match(within, /host: a\.example/);
      for (const location of [`${other.url}/x`, `${other.url}${moved(`${target.url}/x`)}`]) {
        const away = await told(location);
        assert.doesNotMatch(away, new RegExp(`${SECRET}|192\\.0\\.2\\.7|a\\.example`));
        assert.match(away, /accept: text\/\*\nx-request-id: 7/);
      }
    });

    it('treats a redirect status without a location, and 300 and 304, as any response', async (t) => {
      for (const head of [
        '302 Found',
        '300 Choices\r\nlocation: http://evil.example/',
        '304 Same\r\nlocation: /x',
      ]) {
        const target = await startRawTarget(
          t,
          answering(() => `HTTP/1.1 ${head}\r\ncontent-length: 0\r\n\r\n`),
        );
        const { status, hops } = await start(t, [target.url]).forward(upstreamRequest());
        assert.equal(status, Number(head.slice(0, 3)));
        assert.deepEqual(hops, []);
      }
    });

    it('lets go of a redirect whose body does not end', async (t) => {
      const target = await startRawTarget(
        t,
        answering((head) =>
          head.startsWith('GET / ')
            ? 'HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 9\r\n\r\nend'
            : 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
        ),
      );
      const upstream = start(t, [target.url], {}, { connections: 1 });
      assert.equal(await collect((await upstream.forward(upstreamRequest())).body), 'ok');
      assert.equal(upstream.states()[0]!.active, 0);
    });

    it('stops when the client leaves at a hop', async (t) => {
      let arrived = (): void => {};
      const waiting = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const other = await startHttpTarget(t, () => arrived());
      const target = await startMoving(t);
      const upstream = start(t, [target.url], also(other));
      const request = upstreamRequest({ target: moved(`${other.url}/`) });
      const outcome = upstream.forward(request);
      await waiting;
      const reason = clientLeft();
      (request.cancellation as { cancel(reason: GatewayError): void }).cancel(reason);
      await assert.rejects(outcome, (error) => error === reason);
    });

    it('is disposed of when the last chain has ended', async (t) => {
      const finish: (() => void)[] = [];
      const other = await startHttpTarget(t, (_request, response) => finish.push(() => response.end('ok')));
      const target = await startMoving(t);
      const upstream = start(t, [target.url], also(other));
      const outcome = upstream.forward(upstreamRequest({ target: moved(`${other.url}/`) }));
      const disposal = upstream.dispose();
      while (finish.length === 0) await new Promise((resolve) => setImmediate(resolve));
      finish[0]!();
      assert.equal(await collect((await outcome).body), 'ok');
      await disposal;
    });

    it('keeps no more than 32 places besides the targets', async (t) => {
      const other = await startMoving(t);
      const target = await startMoving(t);
      const { port } = new URL(other.url);
      const hosts = Array.from({ length: 40 }, (_, index) => `h${index}.example`);
      const names = new ScriptedNames(Object.fromEntries(hosts.map((host) => [host, [['127.0.0.1']]])));
      const upstream = start(
        t,
        [target.url],
        { hosts: ['*.example'], ports: [Number(port)], allowPrivate: true },
        { names },
      );
      for (const host of hosts) {
        const { body } = await upstream.forward(
          upstreamRequest({ target: moved(`http://${host}:${port}/`) }),
        );
        await collect(body);
      }
      assert.equal(other.sockets.length, 40);
      while (other.sockets.filter(({ destroyed }) => !destroyed).length > 32) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await collect(
        (await upstream.forward(upstreamRequest({ target: moved(`http://h39.example:${port}/`) }))).body,
      );
      assert.equal(other.sockets.length, 40, 'the last one was kept');
      await collect(
        (await upstream.forward(upstreamRequest({ target: moved(`http://h0.example:${port}/`) }))).body,
      );
      assert.equal(other.sockets.length, 41, 'the first one was not');
    });
  });
}
