// Compares the output that a page promises with the one that a command gave.

/**
 * What differs from run to run, and what stands in its place on both sides. Everything else must be the same:
 *
 *   request ids    "requestId":"…"  "id":"…" of a log line  x-request-id: …
 *   revisions      "revision":"…"  revision="…" of a metric
 *   times          date: …  2026-01-31T12:00:00.000Z  "durationMs":1.234  (1.234ms) and duration_ms of node:test
 *   people         by user@host
 *   modules        1234 bytes  sizes of sections  sha256:…
 */
const VOLATILE: readonly [RegExp, string][] = [
  [/("(?:requestId|revision)"\s*:\s*)"[^"]*"/g, '$1"*"'],
  [/("id"\s*:\s*)"[A-Za-z0-9_-]{16,}"/g, '$1"*"'],
  [/(\brevision=)"[^"]*"/g, '$1"*"'],
  [/^(x-request-id|date):.*$/gim, '$1: *'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '*'],
  [/("durationMs"\s*:\s*)[\d.]+/g, '$1*'],
  [/\(\d[\d.]*ms\)/g, '(*)'],
  [/^(ℹ duration_ms) .*$/gm, '$1 *'],
  [/\bby \S+@\S+/g, 'by *'],
  [/\b\d+ bytes\b/g, '* bytes'],
  [/^((?:sections)? +)\d+ {2}(?=[a-z])/gm, '$1* '],
  [/\bsha256:[0-9a-f]{64}/g, 'sha256:*'],
];

/** Masks what is volatile; line ends become LF, and blanks at the end of the whole text do not count. */
export function comparable(output: string): string {
  let text = output.replaceAll('\r\n', '\n');
  for (const [pattern, mask] of VOLATILE) text = text.replace(pattern, mask);
  return text.trimEnd();
}
