// Bodies of requests and responses by media type, as the `validate` filter takes them.
import { byText, type Findings } from './findings.js';
import type { SchemaConverter } from './schema-converter.js';
import type { ConvertedSchema } from './schema-definitions.js';
import {
  isObject,
  type Json,
  type JsonObject,
  memberOf,
  membersOf,
  type Placed,
  type SpecDocument,
  sortedMembers,
} from './spec-document.js';
import { isReadable, shapeOf } from './text-shape.js';

const JSON_TYPE = /^(?:application|text)\/json$|\+json$/;
const FORM = 'application/x-www-form-urlencoded';
/** Ranges that JSON is in. */
const RANGES_WITH_JSON: ReadonlySet<string> = new Set(['*/*', 'application/*']);
/** As the filter takes them: a type, or a range. */
const MEDIA_TYPE = /^(\*\/\*|[^/;\s*]+\/(\*|[^/;\s*]+))$/;
const STATUS = /^(?:[2-5][0-9]{2}|[2-5]XX|default)$/;

export class BodyReader {
  readonly #spec: SpecDocument;
  readonly #findings: Findings;

  constructor(spec: SpecDocument, findings: Findings) {
    this.#spec = spec;
    this.#findings = findings;
  }

  /** What the body of a request may be; undefined when there must be none. */
  requestBody(placed: Placed, converter: SchemaConverter): JsonObject | undefined {
    const body = this.#spec.follow(placed);
    const content = memberOf(body, 'content');
    if (body === undefined || content === undefined || !isObject(content.value)) {
      this.#findings.add('narrower', placed.place, 'describes no content: no body fits');
      return undefined;
    }
    const contents = this.#contents(content, converter);
    if (Object.keys(contents).length === 0) return undefined;
    return { ...((body.value as JsonObject)['required'] === true && { required: true }), contents };
  }

  /** What responses may be, by status. */
  responses(placed: Placed, converter: SchemaConverter): JsonObject {
    const entries: [string, JsonObject][] = [];
    for (const [status, member] of membersOf(placed)) {
      const key = status.toUpperCase() === 'DEFAULT' ? 'default' : status.toUpperCase();
      if (!STATUS.test(key)) continue;
      const response = this.#spec.follow(member);
      if (response === undefined)
        this.#findings.add('narrower', member.place, 'leads nowhere in this document');
      const content = memberOf(response, 'content');
      const contents = content === undefined ? {} : this.#contents(content, converter);
      entries.push([key, Object.keys(contents).length === 0 ? {} : { contents }]);
    }
    return Object.fromEntries(entries);
  }

  #contents(content: Placed, converter: SchemaConverter): JsonObject {
    const described = new Map<string, Placed[]>();
    for (const [written, media] of membersOf(content)) {
      const type = written.replace(/;.*$/s, '').trim().toLowerCase();
      if (MEDIA_TYPE.test(type)) described.set(type, [...(described.get(type) ?? []), media]);
      else this.#findings.add('left-out', media.place, `${JSON.stringify(written)} is no media type`);
    }
    const contents: Record<string, Json> = {};
    for (const [type, medias] of described) contents[type] = this.#content(type, medias, converter);
    for (const [type, medias] of described)
      if (RANGES_WITH_JSON.has(type) && !described.has('application/json'))
        contents['application/json'] ??= this.#content('application/json', medias, converter);
    return sortedMembers(contents);
  }

  #content(type: string, medias: readonly Placed[], converter: SchemaConverter): JsonObject {
    const schemas = medias.flatMap((media) => memberOf(media, 'schema') ?? []);
    // One that says nothing lets everything through.
    if (schemas.length < medias.length) return {};
    if (!JSON_TYPE.test(type) && type !== FORM) {
      for (const schema of schemas)
        if (!this.#isBytes(schema))
          this.#findings.add('wider', schema.place, `bodies of ${type} are not checked`);
      return {};
    }
    for (const media of medias) {
      const encoding = memberOf(media, 'encoding');
      if (encoding !== undefined)
        this.#findings.add('wider', encoding.place, 'the encoding of fields is not checked');
    }
    const converted = schemas.map((schema) =>
      type === FORM ? this.#form(schema, converter) : converter.convert(schema),
    );
    return {
      schema: converted.length === 1 ? converted[0]! : ({ anyOf: converted } satisfies ConvertedSchema),
    };
  }

  /** A form is texts by name: members that are no text are left to those that the schema does not name. */
  #form(schema: Placed, converter: SchemaConverter): ConvertedSchema {
    const shape = shapeOf(this.#spec, schema);
    const fields = [...shape.members].sort(([a], [b]) => byText(a, b));
    const isText = ([, field]: [string, Placed]): boolean => isReadable(this.#spec, field);
    if (fields.every(isText)) return converter.convert(schema);
    const effect = shape.isClosed ? 'narrower' : 'wider';
    for (const field of fields)
      if (!isText(field))
        this.#findings.add(effect, field[1].place, 'is no text, and fields of a form are texts');
    if (shape.hasChoice)
      this.#findings.add('wider', schema.place, 'its members are checked one by one, not together');
    const texts = new Map(fields.filter(isText));
    const required = [...shape.required].filter((name) => texts.has(name)).sort(byText);
    return {
      type: 'object',
      ...(required.length > 0 && { required }),
      properties: Object.fromEntries([...texts].map(([name, field]) => [name, converter.convert(field)])),
      ...(shape.isClosed && { additionalProperties: false }),
    };
  }

  /** True for a schema that asks for nothing but text or bytes. */
  #isBytes(schema: Placed): boolean {
    const target = this.#spec.follow(schema);
    if (target === undefined || !isObject(target.value)) return target?.value === true;
    const { value } = target;
    const says = Object.keys(value).filter((keyword) => !SILENT.has(keyword));
    return says.length === 0 && (value['type'] === undefined || value['type'] === 'string');
  }
}

/** Keywords that ask nothing of bytes. */
const SILENT: ReadonlySet<string> = new Set([
  'type',
  'format',
  'title',
  'description',
  'example',
  'examples',
  'default',
  'contentMediaType',
  'contentEncoding',
]);
