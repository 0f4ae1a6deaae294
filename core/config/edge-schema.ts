// The part of the schema that says who is on the other end: proxies in front of the gateway, and clients by certificate.
import { type JsonSchema, setOf, text } from './schema-words.js';

export const trustedProxies: JsonSchema = {
  ...setOf(
    'Proxies in front of this listener; `x-forwarded-for` and `x-forwarded-proto` are believed from them alone, an empty list believes nobody.',
    text('sluice-proxy-network', 'An address, or a network in CIDR notation.', '10.0.0.0/8', '2001:db8::5'),
  ),
  default: [],
};
