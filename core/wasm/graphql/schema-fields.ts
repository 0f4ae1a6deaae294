// Fields of a schema as permissions name them: what answers is an object, so a field of an interface stands for that of
// each object type that implements it.
import type { GraphQLSchema } from 'graphql';
import { reference } from './reference.js';

/**
 * Coordinates of the fields that answer for a field of a type. A field that the schema does not define, such as
 * `__typename`, stands for itself.
 */
export function answeringFields(schema: GraphQLSchema, typeName: string, field: string): string[] {
  const type = schema.getType(typeName);
  if (field.startsWith('__') || !reference().isInterfaceType(type)) return [`${typeName}.${field}`];
  return schema.getImplementations(type).objects.map(({ name }) => `${name}.${field}`);
}

/**
 * The fields that `Type` or `Type.field` stands for, where the type is an object type or an interface.
 * @returns null when the schema has none of this name; introspection is no part of it
 */
export function fieldsOfCoordinate(schema: GraphQLSchema, coordinate: string): string[] | null {
  const [typeName = '', field, ...rest] = coordinate.split('.');
  const type = schema.getType(typeName);
  const { isInterfaceType, isObjectType } = reference();
  if (rest.length > 0 || typeName.startsWith('__') || !(isObjectType(type) || isInterfaceType(type)))
    return null;
  const names = Object.keys(type.getFields());
  if (field !== undefined && !names.includes(field)) return null;
  const fields = field === undefined ? names : [field];
  return fields.flatMap((name) => answeringFields(schema, typeName, name));
}
