// Which operation a route stands for.
import { Bytes, NameSet } from 'sluice';
import { Operation } from './operation';

/** Built in `configure`. */
@final
export class Routes {
  /** Stands for all routes, where a config names none. */
  all: Operation | null = null;
  /** Whether requests of routes that are not named pass. */
  passesUnknown: bool = false;
  private readonly names: NameSet = new NameSet();
  private readonly operations: Operation[] = [];

  add(route: Bytes, operation: Operation): void {
    this.names.add(route, this.operations.length);
    this.operations.push(operation);
  }

  /** Null for a route that has none. */
  of(route: Bytes): Operation | null {
    if (this.all != null) return this.all;
    const index = this.names.get(route);
    return index < 0 ? null : this.operations[index];
  }
}
