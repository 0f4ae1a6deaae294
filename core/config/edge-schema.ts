// The part of the schema that says who is on the other end: proxies in front of the gateway, and clients by certificate.
import { flag, type JsonSchema, record, setOf, text } from './schema-words.js';

export const trustedProxies: JsonSchema = {
  ...setOf(
    'Proxies in front of this listener; `x-forwarded-for` and `x-forwarded-proto` are believed from them alone, an empty list believes nobody.',
    text('sluice-proxy-network', 'An address, or a network in CIDR notation.', '10.0.0.0/8', '2001:db8::5'),
  ),
  default: [],
};

export const proxyProtocol = flag(
  false,
  'Takes connections from `trustedProxies` alone, each with a preamble of the PROXY protocol, version 2, that tells the client.',
);

export const clientCertificate: JsonSchema = record(
  'Which clients the route is for, by their verified certificates: one entry of one list must fit; without any list, every certificate that the listener has verified.',
  {
    subjects: setOf(
      'Distinguished names of the subject; an empty list admits nobody.',
      text('sluice-distinguished-name', 'A name in the order of RFC 4514.', 'CN=billing,O=Example'),
    ),
    dnsNames: setOf(
      'Alternative names that are domains; an empty list admits nobody.',
      text('sluice-dns-name', 'A domain, exactly.', 'billing.example.com'),
    ),
    uris: setOf(
      'Alternative names that are URIs; an empty list admits nobody.',
      text(
        'sluice-client-uri',
        'A URI, exactly, or a SPIFFE id with "/*" for all below it.',
        'spiffe://example.org/ns/pay/*',
      ),
    ),
    fingerprints: setOf(
      'SHA-256 of certificates; an empty list admits nobody.',
      text('sluice-fingerprint', 'In hex, with or without colons.', '0f'.repeat(32)),
    ),
    forward: flag(false, 'Sends the certificate upstream in `client-cert` (RFC 9440).'),
  },
);
