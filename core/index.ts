// The gateway as a library.
export { FileSource } from './config/file-source.js';
export type { GatewayConfig } from './config/model.js';
export type { ConfigListener, ConfigRevision, ConfigSource } from './config/source.js';
export { ConfigErrors, ERROR_TABLE, type ErrorCode, GatewayError } from './errors.js';
export { Gateway, type GatewayOptions } from './gateway.js';
