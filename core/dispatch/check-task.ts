// What checker.ts does: checks that take as long as a module makes them take: compiling it, and holding a config to the
// schema it brings, with whatever patterns stand in there. Nothing of a module runs here.
import { compileSchema, type SchemaFault } from '../config/filter-schema.js';
import { type ErrorCode, GatewayError } from '../errors.js';
import { type FilterModule, loadModule } from '../wasm/module.js';

export type CheckTask =
  /** `label` is how the operator names the module, for messages. */
  | { readonly kind: 'module'; readonly bytes: Uint8Array; readonly label: string }
  /** `schema` is that of a module that was checked. */
  | { readonly kind: 'config'; readonly schema: unknown; readonly config: unknown };

export type CheckOutcome =
  | { readonly kind: 'module'; readonly module: FilterModule }
  | { readonly kind: 'config'; readonly faults: readonly SchemaFault[] }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

type SchemaCheck = ReturnType<typeof compileSchema>;

/** Schemas that are kept: a revision has many filters of few modules. */
const MOST_SCHEMAS = 32;
/** By the text of the schema. */
const schemas = new Map<string, SchemaCheck>();

export function check(task: CheckTask): CheckOutcome {
  try {
    return task.kind === 'module' ? checkModule(task.bytes, task.label) : checkConfig(task);
  } catch (cause) {
    const { code, message } = GatewayError.from(cause);
    return { kind: 'refused', code, message };
  }
}

function checkModule(bytes: Uint8Array, label: string): CheckOutcome {
  const module = loadModule(bytes, label);
  try {
    checkOf(module.manifest.config, false);
  } catch (cause) {
    throw new GatewayError('SLUICE_FILTER_MANIFEST', `${label}: ${(cause as Error).message}`, { cause });
  }
  return { kind: 'module', module };
}

function checkConfig({ schema, config }: CheckTask & { kind: 'config' }): CheckOutcome {
  return { kind: 'config', faults: checkOf(schema, true)(config) };
}

function checkOf(schema: unknown, isJudged: boolean): SchemaCheck {
  const text = JSON.stringify(schema) ?? '';
  let check = schemas.get(text);
  if (check === undefined) {
    check = compileSchema(schema, isJudged);
    if (schemas.size >= MOST_SCHEMAS) schemas.clear();
    schemas.set(text, check);
  }
  return check;
}
