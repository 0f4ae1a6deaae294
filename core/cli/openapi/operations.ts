// The operations of a specification, one after another in an order of their own: each becomes a route and an entry of
// the `validate` filter.
import { parsePathPattern } from '../../path-pattern.js';
import { BodyReader } from './bodies.js';
import { byText, type Findings } from './findings.js';
import { OperationNames } from './operation-names.js';
import { ParameterReader, type SpecParameter } from './parameters.js';
import { basePathOf, namesInPath, readPathTemplate } from './path-template.js';
import type { SchemaConverter } from './schema-converter.js';
import {
  isObject,
  itemsOf,
  type JsonObject,
  memberOf,
  membersOf,
  type Placed,
  type SpecDocument,
} from './spec-document.js';

/** An operation of the specification as the gateway has it. */
export interface ImportedOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** The entry in `operations` of the filter. */
  readonly rules: JsonObject;
}

export interface OperationsOptions {
  /** In place of the path of the specification's server; `''` for none. */
  readonly basePath: string | null;
  readonly requests: SchemaConverter;
  /** Null when responses are not checked. */
  readonly responses: SchemaConverter | null;
}

const METHODS: readonly string[] = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put', 'trace'];

export class OperationReader {
  readonly #spec: SpecDocument;
  readonly #findings: Findings;
  readonly #options: OperationsOptions;
  readonly #parameters: ParameterReader;
  readonly #bodies: BodyReader;
  readonly #names = new OperationNames();
  /** Operations by method and shape of path. */
  readonly #claims = new Map<string, string>();

  constructor(spec: SpecDocument, findings: Findings, options: OperationsOptions) {
    this.#spec = spec;
    this.#findings = findings;
    this.#options = options;
    this.#parameters = new ParameterReader(spec, findings, options.requests);
    this.#bodies = new BodyReader(spec, findings);
  }

  /** All operations, by path and method. */
  read(): ImportedOperation[] {
    const operations: ImportedOperation[] = [];
    for (const [template, member] of membersOf(memberOf(this.#spec.root, 'paths'))) {
      if (template.startsWith('x-')) continue;
      const item = this.#spec.follow(member);
      if (item === undefined) {
        this.#findings.add('left-out', member.place, 'leads nowhere in this document');
        continue;
      }
      for (const method of METHODS) {
        const operation = memberOf(item, method);
        if (operation !== undefined && isObject(operation.value))
          operations.push(...this.#operation(template, method, item, operation));
      }
    }
    return operations.sort((a, b) => byText(a.path, b.path) || byText(a.method, b.method));
  }

  #operation(template: string, methodName: string, item: Placed, operation: Placed): ImportedOperation[] {
    const { place } = operation;
    const method = methodName.toUpperCase();
    if (method === 'TRACE') return this.#leaveOut(place, 'TRACE is never forwarded');
    const path = readPathTemplate(this.#basePath(item, operation) + template);
    if (typeof path === 'string') return this.#leaveOut(place, `its path ${path}`);
    const claim = `${method} ${parsePathPattern(path.pattern).shape}`;
    const other = this.#claims.get(claim);
    if (other !== undefined) return this.#leaveOut(place, `has the same paths as ${other}`);
    this.#claims.set(claim, `${method} ${template}`);

    const described = new Map<string, SpecParameter>([
      ...this.#parameters.list(itemsOf(memberOf(item, 'parameters'))),
      ...this.#parameters.list(itemsOf(memberOf(operation, 'parameters'))),
    ]);
    for (const [key, parameter] of this.#credentials(operation))
      if (!described.has(key)) described.set(key, parameter);
    const {
      path: inPath,
      query,
      headers,
      cookies,
    } = this.#parameters.read(described, path.parameters, place);
    const body = memberOf(operation, 'requestBody');
    const rules = {
      path: inPath,
      query,
      headers,
      cookies,
      body: body === undefined ? undefined : this.#bodies.requestBody(body, this.#options.requests),
      responses: this.#responses(operation),
    };
    const written = Object.entries(rules).filter(
      ([, rule]) => rule !== undefined && Object.keys(rule).length > 0,
    );
    const id = this.#names.nameOf((operation.value as JsonObject)['operationId'], method, template);
    return [{ id, method, path: path.pattern, rules: Object.fromEntries(written) as JsonObject }];
  }

  #responses(operation: Placed): JsonObject | undefined {
    const { responses } = this.#options;
    const described = memberOf(operation, 'responses');
    return responses === null || described === undefined
      ? undefined
      : this.#bodies.responses(described, responses);
  }

  #leaveOut(place: string, message: string): ImportedOperation[] {
    this.#findings.add('left-out', place, message);
    return [];
  }

  /** The path of the first server of the operation, of its path, or of the specification. */
  #basePath(item: Placed, operation: Placed): string {
    if (this.#options.basePath !== null) return this.#options.basePath;
    const { root } = this.#spec;
    for (const owner of [operation, item, root]) {
      const servers = itemsOf(memberOf(owner, 'servers'));
      const paths = servers.map((server) => this.#serverPath(server));
      const [first, ...others] = paths;
      if (first === undefined) continue;
      const different = others.find((path) => path !== first);
      if (different !== undefined) {
        const message = `servers have different paths: ${first || '/'} is taken, ${different || '/'} is not`;
        this.#findings.add('left-out', servers[0]!.place, message);
      }
      if (owner !== root)
        this.#findings.add(
          'note',
          servers[0]!.place,
          'has a server of its own: its path is taken, its host is not',
        );
      return first;
    }
    return '';
  }

  #serverPath(server: Placed): string {
    const { url, variables } = isObject(server.value) ? server.value : {};
    if (typeof url !== 'string') return '';
    const variable = (name: string): JsonObject => {
      const found = isObject(variables) ? variables[name] : undefined;
      return isObject(found) ? found : {};
    };
    const path = basePathOf(url, (name) => {
      const byDefault = variable(name)['default'];
      return byDefault === undefined ? undefined : String(byDefault);
    });
    if (typeof path === 'string') {
      for (const name of namesInPath(url)) this.#checkVariable(server, name, variable(name));
      return path;
    }
    this.#findings.add('left-out', server.place, path.problem);
    return '';
  }

  /** A variable of the path has one value here. */
  #checkVariable(server: Placed, name: string, variable: JsonObject): void {
    const values = variable['enum'];
    if (Array.isArray(values) && values.every((value) => value === variable['default'])) return;
    const message = `the variable ${JSON.stringify(name)} is taken as its default: paths with other values are not reachable`;
    this.#findings.add('left-out', server.place, message);
  }

  /** Credentials in the query are parameters that no list names; all of them are for the upstream to check. */
  #credentials(operation: Placed): [string, SpecParameter][] {
    const found: [string, SpecParameter][] = [];
    const requirements = memberOf(operation, 'security') ?? memberOf(this.#spec.root, 'security');
    if (requirements === undefined) return [];
    const schemes = this.#spec.find('#/components/securitySchemes');
    for (const name of new Set(
      itemsOf(requirements).flatMap((requirement) => membersOf(requirement).map(([key]) => key)),
    )) {
      const scheme = this.#spec.follow(memberOf(schemes, name));
      const {
        type,
        in: location,
        name: parameter,
      } = scheme !== undefined && isObject(scheme.value) ? scheme.value : {};
      const place = scheme?.place ?? requirements.place;
      this.#findings.add('note', place, 'credentials are not checked by the gateway');
      if (type !== 'apiKey' || location !== 'query' || typeof parameter !== 'string') continue;
      found.push([
        `query ${parameter}`,
        { in: 'query', name: parameter, placed: { value: { schema: { type: 'string' } }, place } },
      ]);
    }
    return found;
  }
}
