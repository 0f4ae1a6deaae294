// What a change of certificates costs uWebSockets.js, which never gives an app back, and what is given back all the same.
import * as uws from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { UwsModule, UwsTlsApp } from '../../../core/listener/uws-engine.js';
import { UwsTls } from '../../../core/listener/uws-tls.js';
import { TestAuthority, type TestIdentity } from '../../support/certificates.js';
import { RawClient } from '../../support/raw-client.js';
import { serverTls } from '../../support/server-tls.js';
import { until } from '../../support/upstream-servers.js';

const real = uws as unknown as UwsModule;
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('UwsTls', () => {
  const root = TestAuthority.root();
  const issue = (name: string): TestIdentity => root.issue({ names: [name] });
  let opened: number;
  let removed: string[];
  let tls: UwsTls | undefined;

  /** The engine, and what is asked of it. */
  const engine: UwsModule = {
    ...real,
    SSLApp(options) {
      const app = real.SSLApp(options);
      opened += 1;
      const remove = app.removeServerName.bind(app);
      return Object.assign(app, {
        removeServerName(name: string) {
          removed.push(name);
          return remove(name);
        },
      } satisfies Partial<UwsTlsApp>);
    },
  };

  beforeEach(() => {
    opened = 0;
    removed = [];
  });
  afterEach(() => tls?.close());

  function open(identities: readonly TestIdentity[]): UwsTls {
    tls = new UwsTls(engine, serverTls(identities), (res) => {
      res.onAborted(() => {});
      res.end(Buffer.from('ok'));
    });
    return tls;
  }

  function listen({ app }: UwsTls): number {
    let port = 0;
    app.listen('127.0.0.1', 0, real.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
      port = real.us_socket_local_port(socket);
    });
    return port;
  }

  it('opens an app to accept, one for each change, and one to try each certificate that is new beside the first', () => {
    const [a, b, c] = [issue('a.example'), issue('b.example'), issue('c.example')] as const;
    const made = open([a, b]);
    assert.equal(opened, 3);
    made.update(serverTls([a, b]));
    assert.equal(opened, 3);
    made.update(serverTls([b, a]));
    assert.equal(opened, 4);
    made.update(serverTls([a, b, c]));
    assert.equal(opened, 6);
    made.update(serverTls([a, b, c]));
    made.update(serverTls([c, b, a]));
    assert.equal(opened, 7);
  });

  it('opens none for a change of lists only', () => {
    const auth = { mode: 'require', authorities: [root] } as const;
    const identities = [issue('a.example')];
    tls = new UwsTls(engine, serverTls(identities, { ...auth, lists: [root.list()] }), () => {});
    const before = opened;
    for (let i = 0; i < 5; i++) tls.update(serverTls(identities, { ...auth, lists: [root.list()] }));
    assert.equal(opened, before);
  });

  it('leaves no file open that a key went through', () => {
    open([issue('a.example'), issue('b.example')]);
    const links = readdirSync('/proc/self/fd').map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`);
      } catch {
        // The one by which the folder is read is gone.
        return '';
      }
    });
    assert.deepEqual(
      links.filter((link) => link.includes('sluice-')),
      [],
    );
  });

  it('gives names back when the last connection of before has closed, and not earlier', async () => {
    const made = open([issue('a.example'), issue('b.example')]);
    const port = listen(made);
    const client = await RawClient.openTls(port, { servername: 'b.example' });
    made.update(serverTls([issue('a.example'), issue('c.example')]));
    made.update(serverTls([issue('a.example'), issue('d.example')]));
    await until(() => removed.includes('c.example'));
    assert.deepEqual(removed, ['c.example']);
    client.send(REQUEST);
    assert.equal((await client.response()).body.toString(), 'ok');
    client.destroy();
    await until(() => removed.includes('b.example'));
    assert.deepEqual(removed, ['c.example', 'b.example']);
  });
});
