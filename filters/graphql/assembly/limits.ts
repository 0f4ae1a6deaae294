// What a request may ask for. Read in `configure`.
import { Json } from 'sluice';

/** A limit that was exceeded. */
@final
export class Excess {
  constructor(
    readonly limit: string,
    readonly most: i64,
  ) {}
}

@final
export class Limits {
  bytes: i64 = 65536;
  tokens: i64 = 2000;
  depth: i64 = 10;
  aliases: i64 = 15;
  rootFields: i64 = 10;
  directives: i64 = 20;
  complexity: i64 = 1000;
  operations: i64 = 1;
  batch: i64 = 10;
  pageSize: i64 = 100;

  read(config: Json): void {
    this.bytes = config.get('bytes').integer(this.bytes);
    this.tokens = config.get('tokens').integer(this.tokens);
    this.depth = config.get('depth').integer(this.depth);
    this.aliases = config.get('aliases').integer(this.aliases);
    this.rootFields = config.get('rootFields').integer(this.rootFields);
    this.directives = config.get('directives').integer(this.directives);
    this.complexity = config.get('complexity').integer(this.complexity);
    this.operations = config.get('operations').integer(this.operations);
    this.pageSize = config.get('pageSize').integer(this.pageSize);
    this.batch = config.get('batch').integer(this.batch);
  }
}
