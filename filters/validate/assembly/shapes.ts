// What a schema names: the members and items that it describes, and the types it gives them, as a graph that a walk over a
// document follows. A place in a document may be described by several schemas at once (`allOf`, `$ref`, branches), so a
// shape stands for a set of schemas, and there is one shape for each set: schemas that refer to themselves make a circle.
import { Bytes, Json, NameSet, refuse } from 'sluice';
import { Definitions } from './definitions';
import { ANY, typesOf } from './value-types';

const MOST_SHAPES = 4096;

/** Built in `configure`. */
@final
export class Shape {
  readonly names: NameSet = new NameSet();
  /** Of the members that are named, by the value of the name. */
  readonly members: Shape[] = [];
  /** Of members that are not named; null: nobody described them. */
  others: Shape | null = null;
  /** Of items; null: they may be anything. */
  items: Shape | null = null;
  /** Nobody says what is in it. */
  isOpen: bool = false;
  /** Types that it may have. */
  types: i32 = ANY;
}

/** A shape in the making, and the schemas that it stands for. */
@final
class Pending {
  constructor(
    readonly shape: Shape,
    readonly schemas: Json[],
  ) {}
}

/** Makes shapes, in `configure`. */
@final
export class Shapes {
  private readonly known: Map<string, Shape> = new Map();
  private readonly pending: Pending[] = [];

  constructor(private readonly definitions: Definitions) {}

  /** The shape of a schema. Refuses the config when it takes too many. */
  of(schema: Json): Shape {
    const shape = this.shapeOf([schema]);
    while (this.pending.length > 0) {
      if (this.known.size > MOST_SHAPES) {
        refuse(schema.pointer, 'its schemas go together in too many ways to tell what they name');
        break;
      }
      this.fill(this.pending.pop());
    }
    return shape;
  }

  private shapeOf(origins: Json[]): Shape {
    const schemas = this.closure(origins);
    const key = keyOf(schemas);
    if (this.known.has(key)) return this.known.get(key);
    const shape = new Shape();
    for (let i = 0; i < origins.length; i++) shape.types &= typesOf(origins[i], this.definitions);
    this.known.set(key, shape);
    this.pending.push(new Pending(shape, schemas));
    return shape;
  }

  /** All schemas that describe the same value as these do, or may. */
  private closure(origins: Json[]): Json[] {
    const schemas: Json[] = [];
    const open = origins.slice();
    while (open.length > 0) {
      const schema = open.pop();
      if (!schema.exists || has(schemas, schema)) continue;
      schemas.push(schema);
      for (let member = schema.first(); member.exists; member = member.next()) {
        const keyword = member.name;
        if (keyword.equals('$ref')) open.push(this.definitions.resolve(member));
        else if (keyword.equals('then') || keyword.equals('else') || keyword.equals('if')) open.push(member);
        else if (isList(keyword))
          for (let item = member.first(); item.exists; item = item.next()) open.push(item);
      }
    }
    return schemas;
  }

  private fill(pending: Pending): void {
    const shape = pending.shape;
    const groups: Json[][] = [];
    const others: Json[] = [];
    const items: Json[] = [];
    let isSilent = true;
    for (let i = 0; i < pending.schemas.length; i++) {
      for (let member = pending.schemas[i].first(); member.exists; member = member.next()) {
        const keyword = member.name;
        if (keyword.equals('properties')) addMembers(member, shape.names, groups);
        else if (keyword.equals('patternProperties')) shape.isOpen = true;
        else if (keyword.equals('additionalProperties') || keyword.equals('unevaluatedProperties')) {
          if (member.isObject || member.bool()) others.push(member);
        } else if (
          keyword.equals('items') ||
          keyword.equals('prefixItems') ||
          keyword.equals('additionalItems')
        ) {
          if (member.isArray)
            for (let item = member.first(); item.exists; item = item.next()) items.push(item);
          else items.push(member);
        } else if (!keyword.equals('type')) continue;
        isSilent = false;
      }
    }
    if (isSilent) shape.isOpen = true;
    for (let i = 0; i < groups.length; i++) shape.members.push(this.shapeOf(groups[i]));
    if (others.length > 0) shape.others = this.shapeOf(others);
    if (items.length > 0) shape.items = this.shapeOf(items);
  }
}

function addMembers(properties: Json, names: NameSet, groups: Json[][]): void {
  for (let property = properties.first(); property.exists; property = property.next()) {
    const index = names.get(property.name);
    if (index >= 0) groups[index].push(property);
    else {
      names.add(property.name, groups.length);
      groups.push([property]);
    }
  }
}

function isList(keyword: Bytes): bool {
  return (
    keyword.equals('allOf') ||
    keyword.equals('anyOf') ||
    keyword.equals('oneOf') ||
    keyword.equals('dependentSchemas')
  );
}

// A schema is known by where it stands in the config.
function has(schemas: Json[], schema: Json): bool {
  for (let i = 0; i < schemas.length; i++) if (schemas[i].raw.address == schema.raw.address) return true;
  return false;
}

function keyOf(schemas: Json[]): string {
  const places: u32[] = [];
  for (let i = 0; i < schemas.length; i++) places.push(<u32>schemas[i].raw.address);
  return places.sort().join();
}
