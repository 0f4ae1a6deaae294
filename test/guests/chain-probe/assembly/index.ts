// Adds to `x-seen` what it sees of a message, and does what its config says in `request` and `response`: for what
// the filters of a chain see of each other.
import { Bytes, Decision, Json, next, Request, Response, respond } from 'sluice';

let name: string = '';
let onRequestDo: string = '';
let onResponseDo: string = '';

export function configure(config: Json): void {
  name = config.get('name').text();
  if (config.get('request').exists) onRequestDo = config.get('request').text();
  if (config.get('response').exists) onResponseDo = config.get('response').text();
}

function textOf(body: Bytes): string {
  return body.exists ? '[' + body.toString() + ']' : 'nothing';
}

export function onRequest(request: Request): Decision {
  const target = request.path.toString() + '?' + request.query.toString();
  const marks = request.headers.get('x-mark').toString();
  request.headers.add('x-seen', name + ' ' + target + ' ' + marks + ' ' + textOf(request.body));
  if (onRequestDo == 'path') {
    request.setPath('/by/' + name);
    request.setQuery('by=' + name);
  }
  if (onRequestDo == 'mark') request.headers.set('x-mark', name);
  if (onRequestDo == 'unmark') request.headers.remove('x-mark');
  if (onRequestDo == 'body') request.setBody('by ' + name);
  if (onRequestDo == 'empty') request.setBody('');
  if (onRequestDo == 'keep') request.keep('kept by ' + name);
  if (onRequestDo == 'respond') return respond(403).header('x-by', name).text('no');
  if (onRequestDo == 'trap') throw new Error('trap of ' + name);
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  const marks = response.headers.get('x-mark').toString();
  const seen = name + ' ' + response.status.toString() + ' ' + marks + ' ' + textOf(response.body);
  if (onResponseDo == 'respond') {
    return respond(451)
      .header('x-by', name)
      .addHeader('set-cookie', 'a=1')
      .addHeader('set-cookie', 'b=2')
      .text('gone');
  }
  if (onResponseDo == 'respond-bare') return respond(410);
  response.headers.add('x-seen', seen);
  if (onResponseDo == 'mark') response.headers.set('x-mark', name);
  if (onResponseDo == 'status') response.setStatus(418);
  if (onResponseDo == 'body') response.setBody('by ' + name);
  if (onResponseDo == 'trap') throw new Error('trap of ' + name);
  return next();
}
