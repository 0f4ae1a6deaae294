// The releases that the bench applies: 10,000 routes over 100 filters, in the YAML that people write.
import { writeYaml } from '../../core/config/yaml/plain-document.js';
import { SAMPLE_SCHEMA } from '../harness/sample.js';

export const ROUTES = 10_000;
export const FILTERS = 100;
/** Instances of each kind of filter; a route has one of each. */
const OF_EACH = FILTERS / 4;

/** What tells one release from another. */
export interface Variant {
  /** In every filter and in every route. */
  readonly generation: number;
  /** In one filter and in one route. */
  readonly detail: number;
}

type Filters = Readonly<Record<string, unknown>>;

/** A document, as text and as JSON; whatever the variant, it answers the same requests. */
export function releaseOf(
  variant: Variant,
  port: number,
  upstreamPort: number,
): { readonly text: string; readonly value: string } {
  const { generation, detail } = variant;
  const document = {
    listeners: [{ name: 'public', address: `127.0.0.1:${port}` }],
    upstreams: { sample: { targets: [{ url: `http://127.0.0.1:${upstreamPort}` }], keepAliveMs: 30_000 } },
    filters: Object.assign({}, ...Array.from({ length: OF_EACH }, (_, index) => filtersOf(index, variant))),
    routes: Array.from({ length: ROUTES }, (_, index) => ({
      id: `route-${index}`,
      match: { path: `${servicePath(index)}/:id`, methods: ['GET', 'POST'] },
      filters: ['policy', 'validate', 'url-guard', 'sanitise'].map((name) => `${name}-${index % OF_EACH}`),
      upstream: 'sample',
      timeouts: { responseMs: 10_000 + generation + (index === 0 ? detail : 0) },
    })),
    log: { access: false, level: 'info' },
  };
  return {
    text: writeYaml(document, ` Release ${generation}.${detail}`),
    value: JSON.stringify(document),
  };
}

/** A path that some route takes. */
export function requestPath(index: number): string {
  return `${servicePath(index % ROUTES)}/${index}?callback=https%3A%2F%2Fhooks.example.com%2F`;
}

function servicePath(index: number): string {
  return `/service-${index % 97}/v1/things-${index}`;
}

function filtersOf(index: number, { generation, detail }: Variant): Filters {
  const mark = `g${generation}-${index}`;
  return {
    [`policy-${index}`]: {
      module: 'builtin:policy',
      config: {
        rules: [
          { methods: ['GET', 'POST'], path: '/*' },
          { methods: ['PUT'], path: `/${mark}/d${index === 0 ? detail : 0}` },
        ],
      },
    },
    [`validate-${index}`]: {
      module: 'builtin:validate',
      config: { schema: { ...SAMPLE_SCHEMA, title: mark } },
      grants: { schemas: true },
    },
    [`url-guard-${index}`]: {
      module: 'builtin:url-guard',
      config: {
        fields: [{ query: 'callback' }],
        allow: [{ hosts: ['hooks.example.com', `${mark}.example.com`] }],
      },
      grants: { idna: true },
    },
    [`sanitise-${index}`]: {
      module: 'builtin:sanitise',
      config: { json: { keys: ['passwordHash', 'cvv', mark] } },
    },
  };
}
