// Loaded into a gateway before its main module (`node --import`): uWebSockets.js is then not there, as on a platform or a version of Node
// that it has no binary for.
import { register } from 'node:module';

const hook = `export async function resolve(specifier, context, next) {
  if (specifier === 'uWebSockets.js') throw new Error('there is no binary for this platform');
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
