// How long a head may be on uWebSockets.js. The engine reads it from the environment, once, when it is loaded, so this file
// is imported before it; left alone it takes 4 KiB, which a token and a few cookies fill.
import { MAX_HEAD_BYTES } from './request-checks.js';

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(MAX_HEAD_BYTES);
