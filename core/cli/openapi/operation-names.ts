// Ids of routes: from `operationId`, or from method and path, made legal and unique.

/** Longest id, with room for a number that tells two of one name apart. */
const MOST_CHARACTERS = 120;

export class OperationNames {
  readonly #taken = new Set<string>();

  /** The same operations in the same order get the same names. */
  nameOf(operationId: unknown, method: string, template: string): string {
    const given = typeof operationId === 'string' ? legal(operationId) : '';
    const base =
      given === '' ? legal(`${method.toLowerCase()}-${template}`.replace(/[^A-Za-z0-9]+/g, '-')) : given;
    let name = base;
    for (let copy = 2; this.#taken.has(name); copy += 1) name = `${base}-${copy}`;
    this.#taken.add(name);
    return name;
  }
}

function legal(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, MOST_CHARACTERS);
}
