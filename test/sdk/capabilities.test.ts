import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import type { MetricDefinition } from '../../core/wasm/capabilities/metric-table.js';
import { FilterChain } from '../../core/wasm/chain.js';
import { createSharedState } from '../../core/wasm/guest-host.js';
import { loadModule } from '../../core/wasm/module.js';
import { TestChain } from '../../sdk/testing/index.js';
import { FilterBuildError } from '../../sdk/tools/filter-builder.js';
import { watSpec } from '../support/wat-spec.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** Headers that the upstream sees after a request went through a filter with this body of `onRequest`. */
async function headersOf(
  capabilities: readonly string[],
  code: string,
  before = '',
): Promise<(name: string) => string | undefined> {
  const source = `
    import { Bytes, clock, Count, Counter, Decision, Json, Metric, next, random, Request, Secret } from 'sluice';
    ${before}
    export function onRequest(request: Request): Decision { ${code} return next(); }`;
  const module = await buildInline(source, manifestOf({ capabilities }));
  const chain = new TestChain([{ module }]);
  return (name) => {
    const { upstream, failures } = chain.exchange({ target: '/' });
    assert.deepEqual(failures, []);
    return upstream!.headers.get(name);
  };
}

/** Why a filter with this `configure` is not loaded. */
async function refusalOf(configure: string): Promise<string> {
  const source = `
    import { Decision, Json, Metric, next, Request } from 'sluice';
    export function configure(config: Json): void { ${configure} }
    export function onRequest(request: Request): Decision { return next(); }`;
  const module = await buildInline(source, manifestOf({ capabilities: ['metrics'] }));
  try {
    new TestChain([{ module }]);
  } catch (cause) {
    assert.ok(cause instanceof GatewayError);
    assert.equal(cause.code, 'SLUICE_FILTER_TRAP');
    return cause.message;
  }
  return '';
}

/** Metrics that a filter has defined once it is loaded. */
function definitionsOf(bytes: Uint8Array): readonly MetricDefinition[] {
  const { module, initialPages, maximumPages } = loadModule(bytes, 'inline');
  const spec = watSpec(
    {},
    { module, initialPages, maximumPages, granted: ['metrics'], shared: createSharedState(['metrics']) },
  );
  return new FilterChain().load(spec).metrics;
}

describe('the capability clock', () => {
  it('tells the time of the day and how much of it passed', async () => {
    const headers = await headersOf(
      ['clock'],
      `request.headers.set('x-now', <i64>clock.now());
       const since = clock.monotonic();
       while (clock.monotonic() == since) {}
       request.headers.set('x-rises', clock.monotonic() > since ? 'yes' : 'no');`,
    );
    const before = Date.now();
    const now = Number(headers('x-now'));
    assert.ok(now >= before && now <= Date.now(), `${now}`);
    assert.equal(headers('x-rises'), 'yes');
  });

  it('tells the time of the day finer than a millisecond', async () => {
    const headers = await headersOf(
      ['clock'],
      `let fractions = 0;
       for (let i = 0; i < 100; i++) { const now = clock.now(); if (now != Math.floor(now)) fractions++; }
       request.headers.set('x-fractions', fractions);`,
    );
    assert.ok(Number(headers('x-fractions')) > 0);
  });
});

describe('the capability random', () => {
  it('draws other bytes each time', async () => {
    const headers = await headersOf(['random'], `request.headers.set('x-id', random.hex(16));`);
    const ids = Array.from({ length: 1000 }, () => headers('x-id')!);
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(new Set(ids).size, 1000);
  });

  it('draws numbers within their range', async () => {
    const headers = await headersOf(
      ['random'],
      `let least = 1.0; let most = 0.0; let bits: u32 = 0;
       for (let i = 0; i < 1000; i++) {
         const drawn = random.number();
         least = min(least, drawn); most = max(most, drawn);
         bits |= random.integer();
       }
       const fits = least >= 0 && most < 1 && least < 0.1 && most > 0.9 && bits == u32.MAX_VALUE;
       request.headers.set('x-fits', fits ? 'yes' : 'no');`,
    );
    assert.equal(headers('x-fits'), 'yes');
  });

  it('draws no more than 65,536 bytes at once', async () => {
    const source = `
      import { Decision, next, random, Request } from 'sluice';
      export function onRequest(request: Request): Decision { random.bytes(65537); return next(); }`;
    const module = await buildInline(source, manifestOf({ capabilities: ['random'] }));
    const { failures } = new TestChain([{ module }]).exchange({ target: '/' });
    assert.equal(failures[0]?.code, 'SLUICE_FILTER_TRAP');
    assert.match(failures[0]!.message, /at most 65536 random bytes/);
  });
});

describe('the capability counters', () => {
  it('keeps counts of several keys between calls', async () => {
    const headers = await headersOf(
      ['counters'],
      `const count = counter.add('a', 2);
       counter.add('b');
       request.headers.set('x-a', count.current);
       request.headers.set('x-b', counter.read('b').current);
       request.headers.set('x-none', counter.read(7).current);`,
      'const counter = new Counter(0);',
    );
    assert.equal(headers('x-a'), '2');
    assert.equal(headers('x-a'), '4');
    assert.equal(headers('x-b'), '3');
    assert.equal(headers('x-none'), '0');
  });

  it('estimates the count of the last window', async () => {
    const headers = await headersOf(
      [],
      `const half = new Count(10, 8, 500, 1000, false);
       request.headers.set('x-sliding', half.sliding == 14 ? 'yes' : 'no');
       request.headers.set('x-left', half.remainingMs);`,
    );
    assert.equal(headers('x-sliding'), 'yes');
    assert.equal(headers('x-left'), '500');
  });

  it('traps on a key that is too long', async () => {
    const source = `
      import { Counter, Decision, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision { new Counter(0).add('k'.repeat(1025)); return next(); }`;
    const module = await buildInline(source, manifestOf({ capabilities: ['counters'] }));
    const { failures } = new TestChain([{ module }]).exchange({ target: '/' });
    assert.match(failures[0]!.message, /a counter key has at most 1024 bytes/);
  });
});

describe('the capability metrics', () => {
  it('refuses what no metric can be called or hold', async () => {
    const refusals: [string, RegExp][] = [
      ["Metric.counter('Total', 'x');", /metric name: found "Total"/],
      ["Metric.counter('a', 'two\\nlines');", /metric help/],
      ["Metric.counter('a', 'x', ['le', '1']);", /metric label: found "le"/],
      ["Metric.counter('a', 'x', ['path', 'a\"b']);", /metric label path/],
      ["Metric.histogram('a', 'x', []);", /metric bounds: found \[\], expected 1 to 15/],
      ["Metric.histogram('a', 'x', [1, 1]);", /metric bounds/],
      ["for (let i = 0; i < 65; i++) Metric.counter('m' + i.toString(), 'x');", /more than 64 metrics/],
    ];
    for (const [configure, message] of refusals) assert.match(await refusalOf(configure), message);
    assert.equal(await refusalOf("Metric.counter('a_total', 'x', ['path', '/a']).record(0.5);"), '');
    assert.match(await refusalOf("Metric.counter('a', 'x').record(-1);"), /a counter cannot take -1/);
    assert.match(await refusalOf("Metric.gauge('a', 'x').record(NaN);"), /a metric cannot take NaN/);
  });

  it('refuses metrics that cannot stand in one page', async () => {
    const refusals: [string, RegExp][] = [
      ["Metric.counter('a', 'x'); Metric.gauge('a', 'x');", /metric a: was defined before with another kind/],
      ["Metric.histogram('a', 'x', [1]); Metric.histogram('a', 'x', [2]);", /metric a: was defined before/],
      ["Metric.counter('a', 'x'); Metric.counter('a', 'x', ['p', '1']);", /metric a: was defined before/],
      ["Metric.histogram('a', 'x', [1]); Metric.counter('a_sum', 'x');", /a_sum is a series of a as well/],
      [
        "Metric.gauge('a_count', 'x'); Metric.histogram('a', 'x', [1]);",
        /a_count is a series of a_count as well/,
      ],
    ];
    for (const [configure, message] of refusals) assert.match(await refusalOf(configure), message);
    assert.equal(
      await refusalOf("Metric.counter('a', 'x', ['p', '1']); Metric.counter('a', 'x', ['p', '2']);"),
      '',
    );
  });

  it('takes a metric that is defined again for the same, in whatever order its labels come', async () => {
    const source = `
      import { Decision, Json, Metric, next, Request } from 'sluice';
      export function configure(config: Json): void {
        for (let i = 0; i < 100; i++) Metric.counter('a', 'x', ['p', '1', 'q', '2']);
        Metric.counter('a', 'x', ['q', '2', 'p', '1']);
      }
      export function onRequest(request: Request): Decision { return next(); }`;
    const module = await buildInline(source, manifestOf({ capabilities: ['metrics'] }));
    assert.deepEqual(
      definitionsOf(module).map(({ labels }) => labels),
      [{ p: '1', q: '2' }],
    );
  });

  it('defines nothing after configure', async () => {
    const source = `
      import { Decision, Metric, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision { Metric.counter('late', 'x'); return next(); }`;
    const module = await buildInline(source, manifestOf({ capabilities: ['metrics'] }));
    const { failures } = new TestChain([{ module }]).exchange({ target: '/' });
    assert.match(failures[0]!.message, /metrics are defined in configure only/);
  });
});

describe('the capability secrets', () => {
  it('puts a value where the upstream sees it and no filter does', async () => {
    const module = await buildInline(
      `
      import { Decision, Json, next, Request, Secret } from 'sluice';
      let token: Secret | null = null;
      export function configure(config: Json): void { token = Secret.named('token'); }
      export function onRequest(request: Request): Decision {
        request.headers.set('x-before', request.headers.get('authorization'));
        token!.setHeader('Authorization', 'Bearer ');
        request.headers.set('x-read', token!.read());
        return next();
      }`,
      manifestOf({ capabilities: ['secrets'] }),
    );
    const chain = new TestChain([{ module }, { module }], { secrets: { other: 'x', token: 'canary' } });
    const { upstream, failures } = chain.exchange({ target: '/', headers: { authorization: 'forged' } });
    assert.deepEqual(failures, []);
    assert.equal(upstream!.headers.get('authorization'), 'Bearer canary');
    assert.equal(upstream!.headers.get('x-before'), '[secret]');
    assert.equal(upstream!.headers.get('x-read'), 'canary');
    assert.throws(
      () => new TestChain([{ module }], { secrets: { other: 'x' } }),
      (cause) => cause instanceof GatewayError && cause.code === 'SLUICE_FILTER_CAPABILITY',
    );
  });
});

describe('a capability', () => {
  const USES: [string, string][] = [
    ['clock', 'clock.now();'],
    ['random', 'random.integer();'],
    ['counters', "new Counter(1).add('a');"],
    ['metrics', "Metric.counter('a', 'x').record();"],
    ['secrets', "Secret.named('a').setHeader('x-a');"],
  ];

  it('that is used but not asked for fails the build by its name', async () => {
    for (const [name, code] of USES) {
      await assert.rejects(headersOf([], code), (cause) => {
        assert.ok(cause instanceof FilterBuildError);
        assert.match(cause.message, new RegExp(`uses the capability ${name}`));
        return true;
      });
    }
  });

  it('that is asked for but not granted fails the load', async () => {
    for (const [name, code] of USES) {
      const source = `
        import { clock, Counter, Decision, Metric, next, random, Request, Secret } from 'sluice';
        export function onRequest(request: Request): Decision { ${code} return next(); }`;
      const module = await buildInline(source, manifestOf({ capabilities: [name] }));
      assert.throws(
        () => new TestChain([{ module, grants: [] }]),
        (cause) => cause instanceof GatewayError && cause.code === 'SLUICE_FILTER_LINK',
        name,
      );
    }
  });
});

describe('an optional capability', () => {
  const SOURCE = `
    import { Decision, Json, log, next, Request } from 'sluice';
    let logs: bool = false;
    export function configure(config: Json): void {
      logs = config.get('logs').bool();
      if (config.get('says').bool()) log.debug('logs');
    }
    export function onRequest(request: Request): Decision {
      if (logs) log.info('seen');
      return next();
    }`;
  const MANIFEST = manifestOf({ optional: ['log'] });

  it('works where it was granted', async () => {
    const module = await buildInline(SOURCE, MANIFEST);
    const chain = new TestChain([{ module, config: { logs: true } }]);
    assert.deepEqual(
      chain.exchange({ target: '/' }).logs.map(({ text }) => text),
      ['seen'],
    );
  });

  it('may be missing as long as the filter does not use it', async () => {
    const module = await buildInline(SOURCE, MANIFEST);
    const chain = new TestChain([{ module, grants: [] }]);
    assert.deepEqual(chain.exchange({ target: '/' }).failures, []);
  });

  it('fails the load when configure uses it and it is missing', async () => {
    const module = await buildInline(SOURCE, MANIFEST);
    assert.throws(
      () => new TestChain([{ module, config: { says: true }, grants: [] }]),
      (cause) =>
        cause instanceof GatewayError &&
        cause.code === 'SLUICE_FILTER_CAPABILITY' &&
        /calls log, but its grants do not have log$/.test(cause.message),
    );
  });

  it('fails the call that uses it when it is missing', async () => {
    const module = await buildInline(SOURCE, MANIFEST);
    const { failures } = new TestChain([{ module, config: { logs: true }, grants: [] }]).exchange({
      target: '/',
    });
    assert.deepEqual(
      failures.map(({ code }) => code),
      ['SLUICE_FILTER_TRAP'],
    );
  });
});
