// The module that the compiler of a filter starts from: the exports of the ABI, for exactly what its manifest names, and
// an error for each handler that is missing or would never be called.
import {
  EXPORT_BEGIN,
  EXPORT_CONFIGURE,
  EXPORT_ON_BODY,
  EXPORT_ON_CALLOUT,
  EXPORT_ON_REQUEST,
  EXPORT_ON_RESPONSE,
} from '../abi/names.js';
import type { FilterSource, SourcePhase } from './filter-manifest.js';

/** Text of the entry, in AssemblyScript. */
export function entryText({ phases, capabilities }: FilterSource): string {
  return [
    "import * as filter from './index';",
    "import { begin, close, closeConfig, isRequestPhase, openChunk, openConfig, openOutcome, openRequest, openResponse } from 'sluice/entry';",
    `export function ${EXPORT_BEGIN}(length: u32): usize { return begin(length); }`,
    `export function ${EXPORT_CONFIGURE}(address: usize, length: u32): usize {`,
    '  if (isDefined(filter.configure)) filter.configure(openConfig(address, length));',
    '  return closeConfig();',
    '}',
    ...requestLines(phases.request),
    ...responseLines(phases.response),
    ...bodyLines(phases.request?.streams ?? false, phases.response?.streams ?? false),
    ...calloutLines(capabilities.includes('callouts')),
    '',
  ].join('\n');
}

function requestLines(phase: SourcePhase | undefined): string[] {
  if (phase === undefined) {
    return [
      "if (isDefined(filter.onRequest)) ERROR('onRequest is exported, but filter.json does not name the request phase');",
    ];
  }
  const open = `export function ${EXPORT_ON_REQUEST}(address: usize, length: u32): usize {`;
  const call = 'return close(filter.onRequest(openRequest(address)));';
  // Who sees the body may not care for the head.
  if (phase.streamsOnly) return [open, `  if (isDefined(filter.onRequest)) ${call}`, '  return 0;', '}'];
  return [
    open,
    "  if (!isDefined(filter.onRequest)) ERROR('filter.json names the request phase, but assembly/index.ts exports no onRequest');",
    `  ${call}`,
    '}',
  ];
}

function responseLines(phase: SourcePhase | undefined): string[] {
  if (phase === undefined) {
    return [
      "if (isDefined(filter.onResponse)) ERROR('onResponse is exported, but filter.json does not name the response phase');",
    ];
  }
  const open = `export function ${EXPORT_ON_RESPONSE}(address: usize, length: u32): usize {`;
  const request = '  const request = openRequest(address);';
  const call = 'return close(filter.onResponse(request, openResponse()));';
  if (phase.streamsOnly) {
    return [open, request, `  if (isDefined(filter.onResponse)) ${call}`, '  return 0;', '}'];
  }
  return [
    open,
    "  if (!isDefined(filter.onResponse)) ERROR('filter.json names the response phase, but assembly/index.ts exports no onResponse');",
    request,
    `  ${call}`,
    '}',
  ];
}

/** One export for both phases: a chunk is of the phase that its frame names. */
function bodyLines(request: boolean, response: boolean): string[] {
  const lines: string[] = [];
  const handlers = [
    ['onRequestBody', 'request', request],
    ['onResponseBody', 'response', response],
  ] as const;
  for (const [name, phase, streams] of handlers) {
    lines.push(
      streams
        ? `if (!isDefined(filter.${name})) ERROR('filter.json wants the body of the ${phase} as a stream, but assembly/index.ts exports no ${name}');`
        : `if (isDefined(filter.${name})) ERROR('${name} is exported, but filter.json does not want the body of the ${phase} as a stream');`,
    );
  }
  if (!request && !response) return lines;
  lines.push(
    `export function ${EXPORT_ON_BODY}(address: usize, length: u32): usize {`,
    '  const request = openRequest(address);',
    '  const chunk = openChunk();',
  );
  if (request && response) {
    lines.push('  if (isRequestPhase()) return close(filter.onRequestBody(request, chunk));');
  } else if (request) lines.push('  return close(filter.onRequestBody(request, chunk));');
  if (response) lines.push('  return close(filter.onResponseBody(request, openResponse(), chunk));');
  lines.push('}');
  return lines;
}

/** One export for both phases: a continuation is of the phase that its frame names. */
function calloutLines(asked: boolean): string[] {
  if (!asked) {
    return [
      "if (isDefined(filter.onCallout) || isDefined(filter.onResponseCallout)) ERROR('a handler of callouts is exported, but filter.json does not ask for callouts');",
    ];
  }
  return [
    "if (!isDefined(filter.onCallout) && !isDefined(filter.onResponseCallout)) ERROR('filter.json asks for callouts, but assembly/index.ts exports neither onCallout nor onResponseCallout');",
    `export function ${EXPORT_ON_CALLOUT}(address: usize, length: u32, outcomeAt: usize, outcomeLength: u32): usize {`,
    '  const request = openRequest(address);',
    '  const outcome = openOutcome(outcomeAt);',
    '  if (isRequestPhase()) {',
    '    if (isDefined(filter.onCallout)) return close(filter.onCallout(request, outcome));',
    "    throw new Error('a callout of the request phase needs onCallout');",
    '  }',
    '  if (isDefined(filter.onResponseCallout)) return close(filter.onResponseCallout(request, openResponse(), outcome));',
    "  throw new Error('a callout of the response phase needs onResponseCallout');",
    '}',
  ];
}
