// Reads and judges what the configuration names for TLS, with a place for each error.
import { createHash } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { readSmallFile } from '../small-file.js';
import { readAuthorities, readRevocations } from '../tls/authorities.js';
import type { ClientTls } from '../tls/client-tls.js';
import { type IdentitySource, nameIdentity, readIdentity } from '../tls/identity.js';
import { RevocationLists } from '../tls/revocation.js';
import type { ClientAuth, ServerIdentity, ServerTls } from '../tls/server-tls.js';
import { TlsFault } from '../tls/tls-fault.js';
import type { ConfigDocument } from './document.js';
import { errorAt, pointerTo, quote } from './error-at.js';
import type { ClientTlsConfig, GatewayConfig, ServerTlsConfig } from './model.js';
import { isPemFile } from './resolve.js';
import type { SecretValues } from './secret-values.js';
import { TlsMaterials } from './tls-materials.js';

export interface ReadTlsOptions {
  /** For places of errors. */
  readonly document: ConfigDocument;
  readonly secrets: SecretValues;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Told of each file that is read, or sought in vain. */
  readonly usesFile: (path: string) => void;
}

/** Bundles of authorities are the largest. */
const MOST_BYTES = 4 * 1024 * 1024;

/** @returns what could be read, and every error */
export function readTls(
  config: GatewayConfig,
  options: ReadTlsOptions,
): { readonly tls: TlsMaterials; readonly errors: readonly GatewayError[] } {
  const reader = new TlsReader(options);
  const listeners = new Map<string, ServerTls>();
  for (const [index, { name, tls }] of config.listeners.entries()) {
    const read = tls === null ? null : reader.server(tls, `/listeners/${index}/tls`);
    if (read !== null) listeners.set(name, read);
  }
  const upstreams = new Map<string, ClientTls>();
  for (const { name, tls } of config.upstreams) {
    const read = isDefault(tls) ? null : reader.client(tls, `${pointerTo('/upstreams', name)}/tls`);
    if (read !== null) upstreams.set(name, read);
  }
  const adminTls = config.admin?.tls ?? null;
  const admin = adminTls === null ? null : reader.server(adminTls, '/admin/tls');
  return { tls: new TlsMaterials({ listeners, upstreams, admin }), errors: reader.errors };
}

function isDefault(tls: ClientTlsConfig): boolean {
  const { ca, serverName, certificate, minVersion, pins, insecureSkipVerify } = tls;
  const isPlain = ca === null && serverName === null && certificate === null && minVersion === 'TLSv1.2';
  return isPlain && pins.length === 0 && !insecureSkipVerify;
}

class TlsReader {
  readonly errors: GatewayError[] = [];
  readonly #options: ReadTlsOptions;
  /** Texts by where they are: a bundle that many upstreams name is read once. */
  readonly #texts = new Map<string, string>();

  constructor(options: ReadTlsOptions) {
    this.#options = options;
  }

  /** Null after an error. */
  server(tls: ServerTlsConfig, pointer: string): ServerTls | null {
    const before = this.errors.length;
    const identities = tls.certificates.flatMap((certificate, index) => {
      const identity = this.#serverIdentity(certificate, `${pointer}/certificates/${index}`);
      return identity === null ? [] : [identity];
    });
    this.#eachNameOnce(identities, pointer);
    const clientAuth =
      tls.clientAuth === null ? null : this.#clientAuth(tls.clientAuth, `${pointer}/clientAuth`);
    if (this.errors.length > before) return null;
    const { minVersion, maxVersion } = tls;
    const rest = { clientAuth, minVersion, maxVersion, ciphers: tls.ciphers.join(':') };
    return { identities, ...rest, digest: digestOf([identities, rest]) };
  }

  client(tls: ClientTlsConfig, pointer: string): ClientTls | null {
    const before = this.errors.length;
    const { serverName, minVersion, pins, insecureSkipVerify } = tls;
    const source = tls.certificate;
    const identity =
      source === null
        ? null
        : this.#judge(pointer, () =>
            readIdentity(this.#identity(source, pointer), 'client', this.#options.nowMs),
          );
    const trusted = tls.ca === null ? null : this.#authorities(tls.ca, pointer);
    if (this.errors.length > before) return null;
    const rest = { serverName, identity, minVersion, pins, insecureSkipVerify };
    const ca = trusted?.pem ?? null;
    return { ca, authorities: trusted?.certificates ?? [], ...rest, digest: digestOf([ca, rest]) };
  }

  #serverIdentity(
    { serverNames, ...source }: ServerTlsConfig['certificates'][number],
    pointer: string,
  ): ServerIdentity | null {
    return this.#judge(pointer, () => {
      const identity = readIdentity(this.#identity(source, pointer), 'server', this.#options.nowMs);
      return nameIdentity(identity, serverNames);
    });
  }

  #clientAuth(
    { ca, mode, crl }: NonNullable<ServerTlsConfig['clientAuth']>,
    pointer: string,
  ): ClientAuth | null {
    const trusted = this.#authorities(ca, pointer);
    const revoked = this.#judge(pointer, () => readRevocations(this.#textsOf(crl, `${pointer}/crl`)));
    if (trusted === null) return null;
    const { pem, certificates: authorities } = trusted;
    // Whoever is held to lists is held to all of them: an authority without one would let nobody in.
    if (revoked !== null) this.#judge(pointer, () => new RevocationLists(revoked.lists, authorities));
    return { mode, ca: pem, authorities, crl: revoked?.pem ?? null, lists: revoked?.lists ?? [] };
  }

  #authorities(ca: readonly string[], pointer: string) {
    return this.#judge(pointer, () =>
      readAuthorities(this.#textsOf(ca, `${pointer}/ca`), this.#options.nowMs),
    );
  }

  #identity(
    { cert, key, passphrase }: Omit<ServerTlsConfig['certificates'][number], 'serverNames'>,
    pointer: string,
  ): IdentitySource {
    return {
      cert: this.#text(cert, `${pointer}/cert`),
      key: this.#text(key, `${pointer}/key`),
      passphrase: passphrase === null ? null : this.#options.secrets.expand(passphrase),
    };
  }

  #textsOf(sources: readonly string[], pointer: string): string[] {
    // One that stands alone has no index.
    const isList = this.#options.document.span(`${pointer}/0`) !== null;
    return sources.map((source, index) => this.#text(source, isList ? `${pointer}/${index}` : pointer));
  }

  #text(source: string, pointer: string): string {
    if (!isPemFile(source)) return this.#options.secrets.expand(source);
    const known = this.#texts.get(source);
    if (known !== undefined) return known;
    this.#options.usesFile(source);
    try {
      const text = readSmallFile(source, MOST_BYTES, () => undefined).toString('latin1');
      this.#texts.set(source, text);
      return text;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'there is no such file' : (code ?? message);
      const place = this.#options.document.place(pointer);
      throw errorAt(
        'SLUICE_CONFIG_CERTIFICATE',
        place,
        `${quote(source)}: ${why}`,
        'a file that can be read',
        cause,
      );
    }
  }

  /** Null when `read` found a fault, which is noted at its place. */
  #judge<T>(pointer: string, read: () => T): T | null {
    try {
      return read();
    } catch (cause) {
      if (cause instanceof GatewayError) this.errors.push(cause);
      else if (cause instanceof TlsFault) this.#fail(`${pointer}/${cause.part}`, cause.found, cause.expected);
      else throw cause;
      return null;
    }
  }

  #fail(pointer: string, found: string, expected: string): void {
    const place = this.#options.document.place(pointer);
    this.errors.push(errorAt('SLUICE_CONFIG_CERTIFICATE', place, found, expected));
  }

  /** A name may have two certificates when their keys are of different types: then the client chooses. */
  #eachNameOnce(identities: readonly ServerIdentity[], pointer: string): void {
    const seen = new Set<string>();
    for (const [index, { serverNames, certificate }] of identities.entries()) {
      const twice = serverNames.find((name) => seen.has(`${certificate.key.type} ${name}`));
      for (const name of serverNames) seen.add(`${certificate.key.type} ${name}`);
      if (twice === undefined) continue;
      const found = `"${twice}", which has a certificate with a key of this type already`;
      this.#fail(`${pointer}/certificates/${index}/serverNames`, found, 'each name once');
    }
  }
}

/** A key is told by the certificate that it belongs to, lists of revoked ones by their PEM. */
function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (name, item) =>
    name === 'lists' || (name === 'key' && typeof item === 'string') ? '' : item,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
