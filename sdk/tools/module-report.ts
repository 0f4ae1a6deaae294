// What a module says about itself, for `sluice filter inspect`.
import { ABI_RANGE, type AbiRange, formatAbiRange } from '../../core/wasm/abi-range.js';
import { readSignatures } from '../../core/wasm/signatures.js';
import { MANIFEST_SECTION } from '../abi/names.js';
import { checkModule } from './module-check.js';
import { readSections, type WasmSection } from './wasm-sections.js';

const PAGE_BYTES = 65536;

/** What a module wants from its host. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
  /** `(i32, i32) -> i32`; null for what is no function. */
  readonly signature: string | null;
}

/** What a module has for its host; `signature` as for imports. */
export interface ModuleExport {
  readonly name: string;
  readonly kind: string;
  readonly signature: string | null;
}

/** A phase in the manifest; a condition is a JSON Pointer or a list of them. */
export interface ReportedPhase {
  readonly body?: string;
  readonly when?: string | readonly string[];
  readonly bodyWhen?: string | readonly string[];
  readonly streamWhen?: string | readonly string[];
}

/** The manifest as it stands in the module, after a gateway's checks. */
export interface ReportedManifest {
  readonly name: string;
  readonly version: string;
  readonly abi: number;
  readonly description?: string;
  readonly phases: Readonly<Record<string, ReportedPhase>>;
  readonly capabilities?: readonly string[];
  readonly optional?: readonly string[];
  readonly config?: unknown;
}

/** What a gateway sees in a module, and what it is made of. */
export interface ModuleReport {
  readonly manifest: ReportedManifest;
  /** The versions of the ABI that a gateway of this version runs; that of the module is one of them. */
  readonly supportedAbi: AbiRange;
  /** `sha256:` and 64 hex digits, of the whole file. */
  readonly digest: string;
  readonly bytes: number;
  /** What it starts with, and the most it declares; a gateway may allow less. */
  readonly memory: { readonly initialBytes: number; readonly maximumBytes: number };
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  readonly sections: readonly Pick<WasmSection, 'name' | 'bytes'>[];
}

/**
 * Reads a module.
 * @param label how to call it in errors
 * @throws GatewayError with the reason for which a gateway would refuse it
 */
export function reportModule(bytes: Uint8Array, label: string): ModuleReport {
  const { module, digest, initialPages, maximumPages } = checkModule(bytes, label);
  const [manifest] = WebAssembly.Module.customSections(module, MANIFEST_SECTION) as [ArrayBuffer];
  const signatures = readSignatures(bytes);
  const inOrder = (direction: 'imports' | 'exports') =>
    signatures.filter((one) => one.direction === direction).map(({ signature }) => signature);
  const imported = inOrder('imports');
  const exported = inOrder('exports');
  return {
    manifest: JSON.parse(Buffer.from(manifest).toString('utf8')) as ReportedManifest,
    supportedAbi: ABI_RANGE,
    digest,
    bytes: bytes.byteLength,
    memory: { initialBytes: initialPages * PAGE_BYTES, maximumBytes: maximumPages * PAGE_BYTES },
    imports: WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => ({
      module: from,
      name,
      kind,
      signature: kind === 'function' ? imported.shift()! : null,
    })),
    exports: WebAssembly.Module.exports(module).map(({ name, kind }) => ({
      name,
      kind,
      signature: kind === 'function' ? exported.shift()! : null,
    })),
    sections: readSections(bytes).map(({ name, bytes: size }) => ({ name, bytes: size })),
  };
}

/** The report as text: one fact a line, a list below its name. Ends with a line end. */
export function formatReport({
  manifest,
  supportedAbi,
  digest,
  bytes,
  memory,
  ...lists
}: ModuleReport): string {
  const phases = Object.entries(manifest.phases).map(
    ([phase, { body = 'none', when, bodyWhen, streamWhen }]) =>
      `${phase} (body: ${body}${condition(' when', bodyWhen)}${condition(', stream when', streamWhen)}${condition('; phase when', when)})`,
  );
  const capabilities = [
    ...(manifest.capabilities ?? []),
    ...(manifest.optional ?? []).map((name) => `${name} (optional)`),
  ];
  const rows: [string, string][] = [
    ['filter', `${manifest.name} ${manifest.version}`],
    ...(manifest.description === undefined ? [] : [['', manifest.description] as [string, string]]),
    ['abi', `${manifest.abi} (supported: ${formatAbiRange(supportedAbi)})`],
    ['phases', phases.join(', ')],
    ['capabilities', capabilities.length === 0 ? 'none' : capabilities.join(', ')],
    ['memory', `${size(memory.initialBytes)} to start, at most ${size(memory.maximumBytes)}`],
    ['size', `${bytes} bytes`],
    ['digest', digest],
    ...column(
      'imports',
      lists.imports.map(({ module, name, kind, signature }) => `${module}.${name} ${signature ?? kind}`),
    ),
    ...column(
      'exports',
      lists.exports.map(({ name, kind, signature }) => `${name} ${signature ?? kind}`),
    ),
    ...column(
      'sections',
      lists.sections.map((section) => `${String(section.bytes).padStart(8)}  ${section.name}`),
    ),
    ...column('config', JSON.stringify(manifest.config ?? true, null, 2).split('\n')),
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)}${printable(value)}\n`).join('');
}

function condition(words: string, pointers: string | readonly string[] | undefined): string {
  return pointers === undefined ? '' : `${words} ${[pointers].flat().join(' or ')}`;
}

function column(name: string, values: readonly string[]): [string, string][] {
  return values.length === 0
    ? [[name, 'none']]
    : values.map((value, index) => [index === 0 ? name : '', value]);
}

/** Names and texts are the module's own: they must not speak to the terminal, nor break a line in two. */
function printable(text: string): string {
  return text.replace(
    /[\0-\x1f\x7f-\x9f\u2028\u2029]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function size(bytes: number): string {
  return bytes % (1 << 20) === 0 && bytes > 0 ? `${bytes >> 20} MiB` : `${bytes >> 10} KiB`;
}
