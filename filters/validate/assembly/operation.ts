// What the requests of one route may look like.
import { BytesWriter, Json, JsonWriter, Request } from 'sluice';
import { BodyLimits } from './body-limits';
import { ContentKind, Contents } from './contents';
import { Definitions } from './definitions';
import { Findings } from './findings';
import { Parameters } from './parameters';
import { Responses } from './responses';
import { SchemaPool } from './schema-pool';
import { Shapes } from './shapes';

/** Built in `configure`. */
@final
export class Operation {
  /** Null: there must be no body. */
  contents: Contents | null = null;
  needsBody: bool = false;
  /** Of JSON: leaves out members that its schema does not name. */
  stripsUnknown: bool = false;
  /** Of JSON: makes the values of strings that its schema asks for. */
  coerces: bool = false;
  /** Null: they may be anything. */
  responses: Responses | null = null;
  /** Schema of the parameters of a request that has no body; -1 without parameters. */
  private bare: i32 = -1;
  private readonly path: Parameters = new Parameters('path');
  private readonly query: Parameters = new Parameters('query');
  private readonly headers: Parameters = new Parameters('headers');
  private readonly cookies: Parameters = new Parameters('cookies');
  // Without operations of its own, a config has no say about parameters.
  private takesAnyQuery: bool = false;

  /** Reads a member of `operations`. */
  static read(json: Json, definitions: Definitions, pool: SchemaPool, shapes: Shapes): Operation {
    const operation = new Operation();
    for (let member = json.first(); member.exists; member = member.next()) {
      const name = member.name;
      if (name.equals('path')) operation.path.read(member, definitions);
      else if (name.equals('query')) operation.query.read(member, definitions);
      else if (name.equals('headers')) operation.headers.read(member, definitions);
      else if (name.equals('cookies')) operation.cookies.read(member, definitions);
      else if (name.equals('body')) {
        operation.needsBody = member.get('required').bool();
        operation.stripsUnknown = member.get('stripUnknown').bool();
        operation.coerces = member.get('coerce').bool();
        operation.contents = Contents.read(member.get('contents'), definitions);
      } else if (name.equals('responses')) {
        operation.responses = Responses.read(member, definitions, pool, shapes);
      }
    }
    operation.addSchemas(json, definitions, pool, shapes);
    return operation;
  }

  /** An operation that is a body and nothing else. */
  static ofBody(contents: Contents): Operation {
    const operation = new Operation();
    operation.contents = contents;
    operation.needsBody = true;
    operation.takesAnyQuery = true;
    return operation;
  }

  /** Schema of a request whose body may be anything, or that has none; -1: there is nothing to check. */
  get bareSchema(): i32 {
    return this.bare;
  }

  /** Takes the parameters of a request into the document. */
  write(request: Request, document: JsonWriter, limits: BodyLimits, findings: Findings): void {
    if (this.path.size > 0) {
      document.name('path').beginObject();
      this.path.writePath(request, document, limits, findings);
      document.endObject();
    }
    if (!this.takesAnyQuery && (this.query.size > 0 || !request.query.isEmpty)) {
      document.name('query').beginObject();
      this.query.writeQuery(request.query, document, limits, findings);
      document.endObject();
    }
    if (this.headers.size > 0) {
      document.name('headers').beginObject();
      this.headers.writeHeaders(request, document, limits, findings);
      document.endObject();
    }
    if (this.cookies.size > 0) {
      document.name('cookies').beginObject();
      this.cookies.writeCookies(request, document, limits, findings);
      document.endObject();
    }
  }

  /** One schema for each way in which a request may come: a request is judged at once, parameters and body. */
  private addSchemas(json: Json, definitions: Definitions, pool: SchemaPool, shapes: Shapes): void {
    const parameters = new BytesWriter();
    addPlace(parameters, this.path);
    addPlace(parameters, this.query);
    addPlace(parameters, this.headers);
    addPlace(parameters, this.cookies);
    const contents = this.contents;
    const members = parameters.bytes;
    const mayBeBare = contents == null || !this.needsBody || contents.hasOpaque;
    if (mayBeBare && !members.isEmpty) {
      const text = new BytesWriter().add('{"properties":{').add(members).add('}}').bytes;
      this.bare = pool.add(text, json.pointer, definitions.referencesOf(text, json.pointer));
    }
    if (contents == null) return;
    for (let i = 0; i < contents.list.length; i++) {
      const content = contents.list[i];
      content.schema = content.source.exists
        ? pool.addProperties(members, content.source, definitions)
        : this.bare;
      if (content.kind == ContentKind.Json && (this.stripsUnknown || this.coerces))
        content.shape = shapes.of(content.source);
    }
  }
}

function addPlace(writer: BytesWriter, parameters: Parameters): void {
  if (parameters.size == 0) return;
  if (writer.length > 0) writer.byte(0x2c);
  writer.byte(0x22).add(parameters.place).add('":{"properties":{');
  for (let i = 0; i < parameters.size; i++) {
    const parameter = parameters.at(i);
    if (i > 0) writer.byte(0x2c);
    writer.add(new JsonWriter().text(parameter.name).bytes).byte(0x3a).add(parameter.schema);
  }
  writer.add('}}');
}
