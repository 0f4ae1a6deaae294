// Which fields of the schema an operation may read, by the headers that it comes with.
import { Bytes, GraphqlSchema, HeaderConditions, Headers, Json, NameSet, refuse } from 'sluice';

/** Read in `configure`. */
@final
export class Permissions {
  private readonly denied: NameSet = new NameSet();
  private readonly rules: PermissionRule[] = [];
  private hasRules: bool = false;

  /** @param schema null when the config has none: then there can be no permissions */
  read(config: Json, schema: GraphqlSchema | null): void {
    const fields = config.get('denyFields');
    const permissions = config.get('permissions');
    this.hasRules = permissions.exists;
    if (schema == null) {
      if (fields.first().exists) refuse(fields.pointer, 'needs a schema beside it');
      if (permissions.exists) refuse(permissions.pointer, 'needs a schema beside it');
      return;
    }
    for (let item = fields.first(); item.exists; item = item.next()) addFields(this.denied, item, schema);
    for (let item = permissions.first(); item.exists; item = item.next()) {
      this.rules.push(PermissionRule.read(item, schema));
    }
  }

  get exist(): bool {
    return this.hasRules || this.denied.size > 0;
  }

  /** Whether a header that decides is there in a spelling that servers could take for another. */
  isDoubtful(headers: Headers): bool {
    for (let i = 0; i < this.rules.length; i++) if (this.rules[i].headers.isDoubtful(headers)) return true;
    return false;
  }

  /** @param fields coordinates of all fields that the operation may come to read */
  allow(fields: Json, headers: Headers): bool {
    const rules: PermissionRule[] = [];
    for (let i = 0; i < this.rules.length; i++) {
      if (this.rules[i].headers.fits(headers)) rules.push(this.rules[i]);
    }
    for (let field = fields.first(); field.exists; field = field.next()) {
      const coordinate = field.bytes;
      if (isOfEveryType(coordinate)) continue;
      if (this.denied.has(coordinate) || (this.hasRules && !allowedBy(rules, coordinate))) return false;
    }
    // With nothing but `__typename` in it, it still takes a rule to let it through.
    return !this.hasRules || rules.length > 0;
  }
}

/** What requests with certain headers may read. */
@final
class PermissionRule {
  readonly allowed: NameSet = new NameSet();
  readonly denied: NameSet = new NameSet();
  headers: HeaderConditions = new HeaderConditions();
  allowsAll: bool = false;

  static read(json: Json, schema: GraphqlSchema): PermissionRule {
    const rule = new PermissionRule();
    rule.headers = HeaderConditions.read(json.get('headers'));
    for (let item = json.get('allow').first(); item.exists; item = item.next()) {
      if (item.bytes.equals('*')) rule.allowsAll = true;
      else addFields(rule.allowed, item, schema);
    }
    for (let item = json.get('deny').first(); item.exists; item = item.next()) {
      addFields(rule.denied, item, schema);
    }
    return rule;
  }
}

/** What one rule denies no other allows. */
function allowedBy(rules: PermissionRule[], coordinate: Bytes): bool {
  let isAllowed = false;
  for (let i = 0; i < rules.length; i++) {
    if (rules[i].denied.has(coordinate)) return false;
    if (rules[i].allowsAll || rules[i].allowed.has(coordinate)) isAllowed = true;
  }
  return isAllowed;
}

function addFields(set: NameSet, item: Json, schema: GraphqlSchema): void {
  const fields = schema.fieldsOf(item.bytes);
  if (!fields.exists)
    return refuse(item.pointer, 'the schema has no object type, interface or field of this name');
  for (let field = fields.first(); field.exists; field = field.next()) set.add(field.bytes);
}

/** `__typename`, and what introspection reads: the option `introspection` is for that. */
function isOfEveryType(coordinate: Bytes): bool {
  return coordinate.startsWith('__') || coordinate.contains('.__');
}
