// The command of OpenSSL, installed or fetched: an opinion on certificates and handshakes besides that of Node.
import assert from 'node:assert/strict';
import { findTool } from '../../bench/harness/tools.js';

const tool = findTool('openssl');
assert(tool !== null, 'openssl is needed: install the package openssl, or put it on the PATH');

export const OPENSSL = tool.path;
/** To run it in. */
export const OPENSSL_ENV: NodeJS.ProcessEnv = { ...process.env, ...tool.env };
