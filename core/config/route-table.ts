// The routes of a configuration, in bytes: laid out once, by whoever validates them, and each made when it is asked for, by
// its place in the list, its id, or where its path begins. Ten thousand take a dozen allocations until requests come.
import { JsonRecords, type JsonRecordsParts } from '../json-records.js';
import { type PathPattern, readPathPattern } from '../path-pattern.js';
import { ANY_HOST, type HostPaths, type LargePlace, PathSurvey } from '../path-place.js';
import { TextIndex, type TextIndexParts } from '../text-index.js';
import { deepFreeze } from './deep-freeze.js';
import type { RouteConfig, RouteSettings } from './route-config.js';

/** A route as it is written down, with the number of its settings. */
type RouteRecord = readonly [id: string, path: string, settings: number];

/** A route as it is taken from its place. */
export interface FiledRoute {
  readonly id: string;
  readonly pattern: PathPattern;
  /** One and the same object for all routes whose settings are equal. */
  readonly settings: RouteSettings;
}

/** A table as it travels from thread to thread. */
export interface RouteTableParts {
  readonly routes: JsonRecordsParts;
  readonly settings: JsonRecordsParts;
  readonly hosts: JsonRecordsParts;
  /** Routes by id. */
  readonly ids: TextIndexParts;
  /** Routes by host pattern and prefix. */
  readonly places: TextIndexParts;
  /** Host patterns by themselves. */
  readonly patterns: TextIndexParts;
  readonly largePlaces: readonly LargePlace[];
  readonly seeksSecrets: boolean;
}

export class RouteTable implements Iterable<RouteConfig> {
  /** Some of them want responses looked at for secrets. */
  readonly seeksSecrets: boolean;
  readonly largePlaces: readonly LargePlace[];
  readonly #records: JsonRecords<RouteRecord>;
  readonly #settingsRecords: JsonRecords<RouteSettings>;
  readonly #hosts: JsonRecords<readonly [string, HostPaths]>;
  readonly #ids: TextIndex;
  readonly #places: TextIndex;
  readonly #patterns: TextIndex;
  /** Those that were asked for. */
  readonly #settings: (RouteSettings | undefined)[] = [];
  /** Parts of settings by their JSON: what is equal is one and the same object. */
  readonly #known = new Map<string, unknown>();

  constructor(parts: RouteTableParts) {
    this.seeksSecrets = parts.seeksSecrets;
    this.largePlaces = deepFreeze(parts.largePlaces);
    this.#records = new JsonRecords(parts.routes);
    this.#settingsRecords = new JsonRecords(parts.settings);
    this.#hosts = new JsonRecords(parts.hosts);
    this.#ids = new TextIndex(parts.ids);
    this.#places = new TextIndex(parts.places);
    this.#patterns = new TextIndex(parts.patterns);
    Object.freeze(this);
  }

  /** @param routes of a valid configuration: ids and claims stand once */
  static of(routes: Iterable<RouteConfig>): RouteTable {
    const layout = new Layout();
    for (const route of routes) layout.add(route);
    return new RouteTable(layout.parts());
  }

  get parts(): RouteTableParts {
    return {
      routes: this.#records.parts,
      settings: this.#settingsRecords.parts,
      hosts: this.#hosts.parts,
      ids: this.#ids.parts,
      places: this.#places.parts,
      patterns: this.#patterns.parts,
      largePlaces: this.largePlaces,
      seeksSecrets: this.seeksSecrets,
    };
  }

  get length(): number {
    return this.#records.length;
  }

  /** In the order of the document. */
  *[Symbol.iterator](): Iterator<RouteConfig> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /** Another object each time, whose parts are shared. */
  at(index: number): RouteConfig {
    const [id, path, number] = this.#records.at(index);
    const settings = this.#settingsOf(number);
    return Object.freeze({ ...settings, id, match: Object.freeze({ ...settings.match, path }) });
  }

  has(id: string): boolean {
    return this.#ids.numbersOf(id).some((index) => this.#records.at(index)[0] === id);
  }

  /** Some routes are for certain hosts. */
  get hasHosts(): boolean {
    return this.#hosts.length > 1 || (this.#hosts.length === 1 && this.#hosts.at(0)[0] !== ANY_HOST);
  }

  /** @param host a host pattern; null for routes of any host. Null where there are none. */
  pathsOf(host: string | null): HostPaths | null {
    const pattern = host ?? ANY_HOST;
    for (const index of this.#patterns.numbersOf(pattern)) {
      const [found, paths] = this.#hosts.at(index);
      if (found === pattern) return paths;
    }
    return null;
  }

  /** Routes of a host pattern by the literal segments that their path begins with, in their order. */
  *under(host: string | null, prefix: string): Iterable<FiledRoute> {
    for (const index of this.#places.numbersOf(placeOf(host, prefix))) {
      const [id, path, number] = this.#records.at(index);
      const pattern = readPathPattern(path);
      const settings = this.#settingsOf(number);
      const { hosts } = settings.match;
      const isOfHost = host === null ? hosts === null : hosts?.includes(host) === true;
      if (isOfHost && pattern.prefix === prefix) yield { id, pattern, settings };
    }
  }

  #settingsOf(number: number): RouteSettings {
    let settings = this.#settings[number];
    if (settings === undefined) {
      settings = this.#shared(this.#settingsRecords.at(number));
      this.#settings[number] = settings;
    }
    return settings;
  }

  /** Its parts one level down are those of other settings where they are equal. */
  #shared(settings: RouteSettings): RouteSettings {
    const share = <Part>(part: Part): Part => {
      if (typeof part !== 'object' || part === null) return part;
      const key = JSON.stringify(part);
      if (!this.#known.has(key)) this.#known.set(key, deepFreeze(part));
      return this.#known.get(key) as Part;
    };
    const parts = Object.entries(settings).map(([name, part]) => [
      name,
      name === 'match' ? part : share(part),
    ]);
    const { hosts, methods } = settings.match;
    return Object.freeze({
      ...(Object.fromEntries(parts) as RouteSettings),
      match: Object.freeze({ hosts: share(hosts), methods: share(methods) }),
    });
  }
}

/** Writes routes down, one by one. */
class Layout {
  readonly #routes: string[] = [];
  readonly #settings = new Map<string, number>();
  readonly #hosts = new Map<string, PathSurvey>();
  readonly #ids: [string, number][] = [];
  readonly #places: [string, number][] = [];
  #seeksSecrets = false;

  add({ id, match, ...rest }: RouteConfig): void {
    const { path, hosts, methods } = match;
    const settings: RouteSettings = { ...rest, match: { hosts, methods } };
    const record: RouteRecord = [id, path, this.#numberOf(JSON.stringify(settings))];
    const index = this.#routes.push(JSON.stringify(record)) - 1;
    this.#ids.push([id, index]);
    if (rest.secretEgress !== 'off') this.#seeksSecrets = true;
    // No request is for one without methods.
    if (methods.length === 0) return;
    const pattern = readPathPattern(path);
    for (const host of hosts === null ? [null] : new Set(hosts)) {
      this.#places.push([placeOf(host, pattern.prefix), index]);
      this.#surveyOf(host ?? ANY_HOST).add(pattern);
    }
  }

  parts(): RouteTableParts {
    const hosts = [...this.#hosts];
    return {
      routes: JsonRecords.of(this.#routes).parts,
      settings: JsonRecords.of([...this.#settings.keys()]).parts,
      hosts: JsonRecords.of(hosts.map(([pattern, { paths }]) => JSON.stringify([pattern, paths]))).parts,
      ids: TextIndex.of(this.#ids).parts,
      places: TextIndex.of(this.#places).parts,
      patterns: TextIndex.of(hosts.map(([pattern], index) => [pattern, index])).parts,
      largePlaces: hosts.flatMap(([host, survey]) => survey.largePlaces(host === ANY_HOST ? null : host)),
      seeksSecrets: this.#seeksSecrets,
    };
  }

  #numberOf(settings: string): number {
    const known = this.#settings.get(settings);
    if (known !== undefined) return known;
    const number = this.#settings.size;
    this.#settings.set(settings, number);
    return number;
  }

  #surveyOf(pattern: string): PathSurvey {
    let survey = this.#hosts.get(pattern);
    if (survey === undefined) {
      survey = new PathSurvey();
      this.#hosts.set(pattern, survey);
    }
    return survey;
  }
}

/** Neither has a blank. */
function placeOf(host: string | null, prefix: string): string {
  return `${host ?? ANY_HOST} ${prefix}`;
}
