// `sluice import openapi`: a file in, a configuration out, and on standard error what it does not say.
import { readFile, writeFile } from 'node:fs/promises';
import { parseAddress, parseOrigin } from '../../config/address.js';
import { TEXT_FORMATS } from '../../config/formats.js';
import { writeYaml } from '../../config/yaml/plain-document.js';
import { type Arguments, onlyPositional, readArguments } from '../arguments.js';
import { counted } from '../counted.js';
import { UsageError } from '../usage-error.js';
import { formatFinding } from './findings.js';
import { type ImportOptions, importOpenApi, type OpenApiImport } from './import-openapi.js';

const HELP = `sluice import openapi SPEC --upstream URL

  Reads an OpenAPI document (3.0 or 3.1, YAML or JSON, references within the document) and prints a configuration in
  which the operations, parameters and bodies that it documents are reachable, and nothing else. The same document gives
  the same configuration. What the configuration does not say as the document does goes to standard error, one line each:

    left-out   documented, but not reachable       wider   passes, although it is not documented
    narrower   documented, but refused             note    nothing of that, but good to know

  --upstream URL       origin that requests are forwarded to, such as http://127.0.0.1:9001
  --out FILE           write the configuration there
  --listen ADDRESS     where the gateway listens; 127.0.0.1:8080 by default
  --admin ADDRESS      where it answers health, readiness and metrics; not at all by default
  --host NAME          routes for this host alone; for every host by default
  --base-path PATH     path before those of the operations; by default that of the first server of the document
  --strict             objects have no members but those that are named, and requests none that are readOnly
  --responses          responses are checked as well
  --strict-import      exit 1, and write nothing, if anything is left out, narrower or wider
  --verbose            stack traces in errors
`;

const DEFAULT_LISTEN = '127.0.0.1:8080';

export async function importOpenApiFile(args: string[]): Promise<void> {
  const types = {
    upstream: 'string',
    out: 'string',
    listen: 'string',
    admin: 'string',
    host: 'string',
    'base-path': 'string',
    strict: 'boolean',
    responses: 'boolean',
    'strict-import': 'boolean',
  } as const;
  const parsed = readArguments(args, types, HELP);
  if (parsed === null) return;
  const file = onlyPositional(parsed, 'SPEC', HELP);
  const options = readOptions(parsed);

  const { config, operations, findings } = await importFile(file, options);
  for (const finding of findings) process.stderr.write(`${formatFinding(finding)}\n`);
  const faults = findings.filter(({ effect }) => effect !== 'note').length;
  if (parsed.flags.has('strict-import') && faults > 0)
    throw new Error(`${file}: ${counted(faults, 'finding')}, and --strict-import takes none`);
  const text = writeYaml(
    config,
    ' Made by "sluice import openapi": change the specification and import it again.',
  );
  const out = parsed.texts.get('out');
  if (out === undefined) process.stdout.write(text);
  else {
    await writeFile(out, text);
    process.stdout.write(`${out}: ${counted(operations, 'operation')}\n`);
  }
}

function readOptions({ texts, flags }: Arguments): ImportOptions {
  const upstream = texts.get('upstream');
  if (upstream === undefined) throw new UsageError(`--upstream URL is needed\n\n${HELP}`);
  const expect = (option: string, expected: string | null): void => {
    if (expected !== null)
      throw new UsageError(`--${option}: found ${texts.get(option)}, expected ${expected}`);
  };
  const listen = texts.get('listen') ?? DEFAULT_LISTEN;
  const admin = texts.get('admin') ?? null;
  const host = texts.get('host') ?? null;
  const basePath = texts.get('base-path')?.replace(/\/+$/, '') ?? null;
  expect('upstream', parseOrigin(upstream) === null ? 'an origin such as http://127.0.0.1:9001' : null);
  expect('listen', parseAddress(listen) === null ? 'an address "host:port"' : null);
  if (admin !== null) expect('admin', TEXT_FORMATS['sluice-loopback-address'].check(admin));
  if (host !== null) expect('host', TEXT_FORMATS['sluice-host-pattern'].check(host));
  if (basePath !== null && basePath !== '')
    expect('base-path', TEXT_FORMATS['sluice-path-pattern'].check(basePath));
  return {
    upstream,
    listen,
    admin,
    host,
    basePath,
    strict: flags.has('strict'),
    responses: flags.has('responses'),
  };
}

async function importFile(file: string, options: ImportOptions): Promise<OpenApiImport> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new Error(`${file}: cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return importOpenApi(text, options);
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}
