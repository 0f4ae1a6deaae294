// The parts of the schema that say how connections are secured.
import { TLS12_SUITES } from '../tls/suites.js';
import {
  choice,
  flag,
  type JsonSchema,
  listOf,
  oneOrMore,
  optionalRecord,
  record,
  setOf,
  text,
  whole,
} from './schema-words.js';

const YEAR_SECONDS = 31_536_000;

function pem(description: string, ...examples: readonly string[]): JsonSchema {
  return text('sluice-pem', description, ...examples);
}

const key = pem('Private key in PEM: a file or a secret.', 'secret://tls/api-key', './tls/api.key');
const passphrase = text(
  'sluice-secret',
  'Secret that opens the key, if it is encrypted.',
  'secret://tls/api-passphrase',
);

const authorities = oneOrMore(
  'Certificates of authorities in PEM, files or secrets, that are trusted and nothing else.',
  pem('One or more certificates in PEM.', './tls/clients-ca.crt'),
);

const certificate = record(
  'A key and its certificates.',
  {
    cert: pem(
      'Certificate in PEM, with those that lead to its root after it: a file or a secret.',
      './tls/api.crt',
    ),
    key,
    passphrase,
    serverNames: setOf(
      'Names that clients ask for; "*.example.com" stands for one label; those of the certificate when left out.',
      text('sluice-host-pattern', 'Host name.', 'api.example.com', '*.example.com'),
    ),
  },
  ['cert', 'key'],
);

const clientAuth = record(
  'Asks clients for a certificate; nobody is asked when left out.',
  {
    ca: authorities,
    mode: choice(
      ['require', 'request'],
      'Whether nobody is let in without a certificate, or only nobody with a wrong one.',
    ),
    crl: {
      ...oneOrMore(
        'Lists of revoked certificates in PEM, files or secrets, one of each authority of `ca`; without an up-to-date list nobody of an authority is let in.',
        pem('One or more X.509 CRLs in PEM.', './tls/clients.crl'),
      ),
      default: [],
    },
  },
  ['ca'],
);

const versions = {
  minVersion: choice(['TLSv1.2', 'TLSv1.3'], 'Oldest version of TLS.'),
  maxVersion: choice(['TLSv1.3', 'TLSv1.2'], 'Newest version of TLS.'),
};

export const SERVER_TLS: JsonSchema = record(
  'Takes TLS only; clear text when left out.',
  {
    certificates: listOf(
      'The certificates; the first one is for clients that send no server name or an unknown one.',
      certificate,
    ),
    clientAuth,
    ...versions,
    ciphers: {
      ...setOf('Suites of TLS 1.2, best first.', {
        type: 'string',
        enum: TLS12_SUITES,
        description: 'Name of a suite, as OpenSSL spells it.',
      }),
      default: TLS12_SUITES,
    },
  },
  ['certificates'],
);

export const HSTS: JsonSchema = record(
  'Tells browsers to come by TLS only (strict-transport-security, RFC 6797); not sent when left out.',
  {
    maxAgeSeconds: whole(0, 10 * YEAR_SECONDS, YEAR_SECONDS, 'For how long, in seconds; 0 takes it back.'),
    includeSubDomains: flag(false, 'Whether all domains below the host are meant, too.'),
    preload: flag(false, 'Whether browsers may have it built in.'),
  },
);

export const REDIRECT_TO_HTTPS: JsonSchema = record(
  'Answers what is declared with a redirect (308) to the same place by TLS; requests are served when left out.',
  { port: whole(1, 65_535, 443, 'Port that the redirect leads to.') },
);

export const CLIENT_TLS: JsonSchema = optionalRecord(
  'How targets with "https" are spoken to; their certificates are verified anyway.',
  {
    ca: {
      ...authorities,
      description: `${authorities.description.slice(0, -1)}; those of the platform when left out.`,
    },
    serverName: text(
      'sluice-server-name',
      'Name that is asked for and that the certificate must have; the host of the target when left out.',
      'users.internal',
    ),
    cert: pem(
      'Certificate that is shown to the targets, with those that lead to its root: a file or a secret.',
    ),
    key,
    passphrase,
    minVersion: versions.minVersion,
    pins: {
      ...setOf(
        'SHA-256 of public keys (SPKI) in Base64; a certificate of the chain must have one of them; any will do when empty.',
        text('sluice-pin', 'A pin.', 'OIpNzHaThOsT0WAWVRyHQqDA9vQiOoqDYcLRkXUkEdw='),
      ),
      default: [],
    },
    insecureSkipVerify: flag(
      false,
      'Takes any certificate: whoever is in the way can read and change everything.',
    ),
  },
);
