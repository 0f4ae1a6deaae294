// What a body may be, by media type.
import {
  Bytes,
  Headers,
  isJsonMediaType,
  isMediaType,
  Json,
  MediaParameters,
  mediaType,
  refuse,
} from 'sluice';
import { Definitions } from './definitions';
import { Parameter } from './parameter';
import { Parameters } from './parameters';
import { Shape } from './shapes';

const SLASH: u8 = 0x2f;
const STAR: u8 = 0x2a;
const FORM = 'application/x-www-form-urlencoded';
// A reference that leads back to itself ends here.
const MOST_STEPS = 16;

/** How a body is read. */
export enum ContentKind {
  Json,
  Form,
  /** It may be anything. */
  Opaque,
}

/** A body of one media type, or of a range of them. Built in `configure`. */
@final
export class Content {
  /** Its schema in the pool, together with the parameters of the operation; -1: none. */
  schema: i32 = -1;
  /** What of a JSON body is let through or changed; null: it is taken as it comes. */
  shape: Shape | null = null;
  /** It is a media type, and no range of them. */
  private readonly isType: bool;

  constructor(
    /** In lower case. */
    readonly type: Bytes,
    readonly kind: ContentKind,
    /** Fields of a form that its schema names; null where it is none. */
    readonly fields: Parameters | null,
    /** Does not exist where it may be anything. */
    readonly source: Json,
  ) {
    this.isType = isMediaType(type) && type[type.length - 1] != STAR;
  }

  /** Reads a member of `contents`. */
  static read(json: Json, definitions: Definitions): Content {
    const type = json.name.toLowerCase();
    const source = json.get('schema');
    if (type.indexOfByte(SLASH) < 1) refuse(json.pointer, 'expected a media type such as application/json');
    if (!source.exists) return new Content(type, ContentKind.Opaque, null, source);
    if (isJsonMediaType(type)) return new Content(type, ContentKind.Json, null, source);
    if (!type.equals(FORM)) refuse(json.pointer, 'only JSON and ' + FORM + ' are held to a schema');
    const fields = new Parameters('body');
    addFields(fields, source, definitions, 0);
    return new Content(type, ContentKind.Form, fields, source);
  }

  /** True for a media type, in lower case, that this one is, or has in its range. */
  fits(type: Bytes): bool {
    const own = this.type;
    const length = own.length;
    if (own[length - 1] != STAR) return own.equalsBytes(type);
    return own[0] == STAR || type.startsWithBytes(own.slice(0, length - 1));
  }

  /** True for the usual value of `content-type`: this type letter by letter, and nothing else. */
  isSpelled(value: Bytes): bool {
    return this.isType && value.equalsBytes(this.type);
  }

  /** How close it is: the whole type, the range of a type, everything. */
  get rank(): i32 {
    const own = this.type;
    return own[own.length - 1] != STAR ? 2 : own[0] != STAR ? 1 : 0;
  }
}

/** Built in `configure`. */
@final
export class Contents {
  readonly list: Content[] = [];

  /** Reads `contents`. */
  static read(json: Json, definitions: Definitions): Contents {
    const contents = new Contents();
    for (let member = json.first(); member.exists; member = member.next()) {
      contents.add(Content.read(member, definitions));
    }
    return contents;
  }

  /** Whether a body may be anything, of some type. */
  get hasOpaque(): bool {
    for (let i = 0; i < this.list.length; i++) if (this.list[i].kind == ContentKind.Opaque) return true;
    return false;
  }

  /** Keeps the closest first. */
  add(content: Content): void {
    let at = this.list.length;
    this.list.push(content);
    for (; at > 0 && this.list[at - 1].rank < content.rank; at--) this.list[at] = this.list[at - 1];
    this.list[at] = content;
  }

  /**
   * What the content type of a message stands for; null when there is none, more than one, one that is malformed and that
   * others may take for something else, one that is not named, or where it matters one in another encoding than UTF-8
   * (JSON has no other, RFC 8259 §8.1) or with a content coding: whoever undoes that reads other bytes than are judged.
   */
  find(headers: Headers): Content | null {
    const index = headers.find('content-type');
    if (index < 0 || headers.find('content-type', index + 1) >= 0) return null;
    const value = headers.valueAt(index);
    const content = this.named(value);
    if (content == null || content.kind == ContentKind.Opaque) return content;
    if (!content.isSpelled(value) && !isInUtf8(value)) return null;
    return isUncoded(headers) ? content : null;
  }

  private named(value: Bytes): Content | null {
    for (let i = 0; i < this.list.length; i++) if (this.list[i].isSpelled(value)) return this.list[i];
    if (!isMediaType(value)) return null;
    const type = mediaType(value);
    for (let i = 0; i < this.list.length; i++) if (this.list[i].fits(type)) return this.list[i];
    return null;
  }
}

function isUncoded(headers: Headers): bool {
  for (let at = headers.find('content-encoding'); at >= 0; at = headers.find('content-encoding', at + 1)) {
    if (!headers.valueAt(at).equalsIgnoreCase('identity')) return false;
  }
  return true;
}

/** Of several `charset` each may be the one that counts. */
function isInUtf8(value: Bytes): bool {
  const parameters = new MediaParameters(value);
  while (parameters.next()) {
    if (parameters.name.equalsIgnoreCase('charset') && !parameters.value.equalsIgnoreCase('utf-8'))
      return false;
  }
  return true;
}

/** The properties that a schema of a form names, with what it refers to and puts together. */
function addFields(fields: Parameters, schema: Json, definitions: Definitions, steps: i32): void {
  if (steps == MOST_STEPS) return;
  for (let member = schema.first(); member.exists; member = member.next()) {
    const keyword = member.name;
    if (keyword.equals('properties')) {
      for (let property = member.first(); property.exists; property = property.next()) {
        const field = new Parameter(property.name.toString());
        field.take(property, definitions);
        fields.add(field);
      }
    } else if (keyword.equals('$ref')) {
      const target = definitions.resolve(member);
      if (target.exists) addFields(fields, target, definitions, steps + 1);
    } else if (keyword.equals('allOf') || keyword.equals('anyOf') || keyword.equals('oneOf')) {
      for (let item = member.first(); item.exists; item = item.next())
        addFields(fields, item, definitions, steps + 1);
    }
  }
}
