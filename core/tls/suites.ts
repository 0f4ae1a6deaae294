// The cipher suites of TLS 1.2 that are offered: forward-secret and authenticated (RFC 9325 §4.2). All of TLS 1.3 are.

/** OpenSSL's spelling, best first. */
export const TLS12_SUITES = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const;

/** What `ciphers` is where a listener says nothing, as OpenSSL takes it. */
export const DEFAULT_CIPHERS: string = TLS12_SUITES.join(':');

/** Suites of TLS 1.3 (RFC 8446 §B.4); nobody chooses among them. */
export const TLS13_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const;

/**
 * Groups that keys are agreed in (RFC 8446 §4.2.7), best first, as OpenSSL spells them. Those of finite fields, which it
 * has besides, cost a server hundreds of times as much, and a client that only pretends nothing.
 */
export const KEY_GROUPS = 'X25519:P-256:P-384';
