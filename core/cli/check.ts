// `sluice check`: everything a start would do, but for opening ports; and what the configuration changes about who
// reaches what.
import type { ConfigRevision } from '../config/source.js';
import { ConfigErrors, GatewayError } from '../errors.js';
import { isEtcdLocation } from '../etcd/etcd-location.js';
import { type CertificateInUse, certificatesInUse, describeCertificate } from '../tls/certificates-in-use.js';
import { expiryWarning } from '../tls/expiry.js';
import { type Arguments, onlyPositional, readArguments } from './arguments.js';
import { buildOnce } from './build-once.js';
import { counted } from './counted.js';
import { ETCD_HELP, ETCD_OPTION_TYPES } from './etcd-options.js';
import { openSource } from './open-source.js';
import { printableLine } from './printable.js';
import { moduleIdentity } from './reach/module-identity.js';
import { diffReach, isWidening } from './reach/reach-diff.js';
import { formatReach } from './reach/reach-report.js';
import { KEYS_HELP, KEYS_OPTION_TYPES } from './secret-keys.js';
import { findUnused } from './unused.js';
import { UsageError } from './usage-error.js';

const HELP = `sluice check FILE | etcd://HOST:PORT/PREFIX

  Reads the configuration, loads every filter module and runs its configure, as a start would.
  Prints nothing but the result, and which certificates run out; every error names its place. Exit 0 or 1. What is declared
  and used by nobody is a warning on standard error, and no error.

  --against OLD         compare with another configuration, a file or in etcd: prints every host, method and path that
                        becomes reachable or unreachable, and those whose filters, clients or listeners let more (wider),
                        fewer (narrower) or other requests (changed) through
  --fail-on-widening    with --against: exit 1 when anything becomes reachable, wider or changed
  --json                print {"valid", "revision", "routes", "filters", "upstreams", "certificates", "warnings": [{"message",
                        "place"}]}, with --against {"changes", "widening"} besides, instead of sentences; of a configuration
                        that is refused {"valid", "errors": [{"code", "message", "place"}]}, beside the errors on
                        standard error
  --verbose             stack traces in errors

  With etcd:
${KEYS_HELP}${ETCD_HELP}`;

/** Taken only where a configuration stands in etcd. */
const FLEET_OPTION_TYPES = { ...KEYS_OPTION_TYPES, ...ETCD_OPTION_TYPES } as const;

const OPTION_TYPES = {
  json: 'boolean',
  against: 'string',
  'fail-on-widening': 'boolean',
  ...FLEET_OPTION_TYPES,
} as const;

export async function check(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  const file = onlyPositional(parsed, 'FILE', HELP);
  const against = parsed.texts.get('against');
  const failsOnWidening = parsed.flags.has('fail-on-widening');
  if (failsOnWidening && against === undefined)
    throw new UsageError(`--fail-on-widening needs --against OLD\n\n${HELP}`);

  const etcd = etcdOptions(parsed, [file, against]);
  const old = against === undefined ? null : await loadOnce(against, etcd);
  const isJson = parsed.flags.has('json');
  const revision = await built(file, etcd).catch((cause: unknown) => {
    if (isJson) process.stdout.write(`${JSON.stringify(refusalOf(cause))}\n`);
    throw cause;
  });
  const { config } = revision;
  const counts = {
    routes: config.routes.length,
    filters: config.filters.length,
    upstreams: config.upstreams.length,
  };
  const changes = old === null ? null : diffReach(old.config, config, { identify: moduleIdentity });
  const certificates = certificatesInUse(
    { ...revision.tls.parts, store: null },
    config.certificates.warnDays,
  );
  const unused = await findUnused(revision);
  const isWider = changes?.some(isWidening) ?? false;
  if (isJson) {
    const reach = changes === null ? {} : { changes, widening: isWider };
    const facts = { valid: true, revision: revision.id, ...counts, certificates: certificates.map(toJson) };
    process.stdout.write(`${JSON.stringify({ ...facts, warnings: unused, ...reach })}\n`);
  } else {
    process.stdout.write(
      `${file}: valid (${counted(counts.routes, 'route')}, ${counted(counts.filters, 'filter')}, ` +
        `${counted(counts.upstreams, 'upstream')})\n`,
    );
    process.stdout.write(expiryWarnings(certificates).join(''));
    if (changes !== null) process.stdout.write(formatReach(changes));
  }
  if (!isJson) process.stderr.write(unused.map(({ message }) => `warning: ${message}\n`).join(''));
  if (failsOnWidening && isWider) process.exitCode = 1;
}

async function built(file: string, etcd: ReadonlyMap<string, string>): Promise<ConfigRevision> {
  const revision = await loadOnce(file, etcd);
  await buildOnce(revision);
  return revision;
}

function refusalOf(cause: unknown): object {
  const errors = cause instanceof ConfigErrors ? cause.errors : [GatewayError.from(cause)];
  return {
    valid: false,
    errors: errors.map(({ code, message, place = null }) => ({ code, message, place })),
  };
}

function toJson({ notAfterMs, warnFromMs: _, ...facts }: CertificateInUse): object {
  return { ...facts, notAfter: new Date(notAfterMs).toISOString() };
}

function expiryWarnings(certificates: readonly CertificateInUse[]): string[] {
  const nowMs = Date.now();
  return certificates.flatMap((certificate) => {
    const warning = expiryWarning(describeCertificate(certificate), certificate, nowMs);
    return warning === null ? [] : [`${printableLine(`warning: ${warning}`)}\n`];
  });
}

/** Options of etcd, for those of the locations that are there. @throws UsageError when none is */
function etcdOptions({ texts }: Arguments, locations: readonly (string | undefined)[]): Map<string, string> {
  const options = new Map([...texts].filter(([name]) => Object.hasOwn(FLEET_OPTION_TYPES, name)));
  const [first] = options.keys();
  if (
    first !== undefined &&
    !locations.some((location) => location !== undefined && isEtcdLocation(location))
  )
    throw new UsageError(`--${first} is for a configuration in etcd, and none is named\n\n${HELP}`);
  return options;
}

async function loadOnce(location: string, etcd: ReadonlyMap<string, string>): Promise<ConfigRevision> {
  const source = openSource(
    location,
    { texts: isEtcdLocation(location) ? etcd : new Map() },
    { comparesValues: true, runs: false },
  );
  try {
    return await source.load();
  } finally {
    await source.close();
  }
}
