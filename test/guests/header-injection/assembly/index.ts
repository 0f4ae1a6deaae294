// Tries to write what would split a message or break its framing. The header `x-inject` says what.
import { Decision, next, Request, Response, respond } from 'sluice';

export function onRequest(request: Request): Decision {
  const what = request.headers.get('x-inject');
  if (what.equals('value')) request.headers.set('x-a', 'a\r\nx-injected: yes');
  if (what.equals('nul')) request.headers.set('x-a', 'a\0b');
  if (what.equals('name')) request.headers.set('x-a: b\r\nx-injected', 'yes');
  if (what.equals('length')) request.headers.set('content-length', '0');
  if (what.equals('hop')) request.headers.set('transfer-encoding', 'chunked');
  if (what.equals('host')) request.headers.set('host', 'elsewhere.example');
  if (what.equals('path')) request.setPath('/a\r\nx-injected: yes');
  if (what.equals('dots')) request.setPath('/a/../secret');
  if (what.equals('query')) request.setQuery('a=b HTTP/1.1\r\nx-injected: yes');
  if (what.equals('body')) request.setBody('a body nobody asked for');
  if (what.equals('answer')) return respond(200).header('x-a', 'a\r\nx-injected: yes').text('hello');
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  if (request.headers.get('x-inject').equals('response')) response.headers.set('x-a', 'a\r\nx-injected: yes');
  return next();
}
