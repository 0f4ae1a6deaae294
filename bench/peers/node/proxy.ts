// A proxy as one writes it by hand on uWebSockets.js and undici, in a process of its own, with rules in plain
// JavaScript: `/with/RULE/…` goes through a rule, everything else past them. Bodies are held whole either way, so what
// lies between the two is the rule. `node proxy.js UPSTREAM-PORT`, and with `job` behind it the rules are those of `job.ts`.

import * as uws from 'uWebSockets.js';
import { Pool } from 'undici';
import type { UwsModule, UwsRequest, UwsResponse } from '../../../core/listener/uws-engine.js';
import { graphql } from './graphql.js';
import { jobRuleOf } from './job.js';
import { policy } from './policy.js';
import type { ProxiedRequest, ProxiedResponse, Rule } from './rule.js';
import { sanitise } from './sanitise.js';
import { urlGuard } from './url-guard.js';
import { validate } from './validate.js';

const RULES: Readonly<Record<string, Rule>> = { graphql, policy, sanitise, 'url-guard': urlGuard, validate };
const NO_RULE: Rule = {};
const ruleOf = process.argv[3] === 'job' ? jobRuleOf : filterRuleOf;
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]);
const REFUSED = Buffer.from('{"title":"This request is not allowed."}');

const engine = uws as unknown as UwsModule;
const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 256 });

engine._cfg('silent');
const app = engine.App();
app.any('/*', (res, req) => {
  let isOpen = true;
  res.onAborted(() => {
    isOpen = false;
  });
  const head = headOf(req);
  const chunks: Buffer[] = [];
  res.onData((chunk, isLast) => {
    if (!isLast || chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) return;
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    void handle({ ...head, body }).then((response) => {
      if (isOpen) res.cork(() => write(res, response));
    });
  });
});
app.listen('127.0.0.1', 0, engine.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
  process.send!(engine.us_socket_local_port(socket));
});
process.on('disconnect', () => process.exit(0));

function headOf(req: UwsRequest): Omit<ProxiedRequest, 'body'> {
  const headers: Record<string, string> = {};
  req.forEach((name, value) => {
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  });
  return {
    method: req.getCaseSensitiveMethod(),
    path: req.getUrl(),
    query: req.getQuery() ?? '',
    headers,
  };
}

function filterRuleOf(path: string): Rule {
  const [, mode, name] = path.split('/', 3);
  return (mode === 'with' && RULES[name!]) || NO_RULE;
}

async function handle(request: ProxiedRequest): Promise<ProxiedResponse> {
  const rule = ruleOf(request.path);
  const refusal = rule.request?.(request) ?? null;
  if (refusal !== null) return problem(refusal, REFUSED);
  try {
    const response = await forward(request);
    return rule.response?.(response) ?? response;
  } catch {
    return problem(502, Buffer.from('{"title":"Bad Gateway"}'));
  }
}

async function forward({ method, path, query, headers, body }: ProxiedRequest): Promise<ProxiedResponse> {
  const answer = await pool.request({
    method: method as 'GET',
    path: query === '' ? path : `${path}?${query}`,
    headers: forwarded(headers),
    body: body.length === 0 ? null : body,
  });
  return {
    status: answer.statusCode,
    headers: forwarded(answer.headers as Record<string, string>),
    body: Buffer.from(await answer.body.arrayBuffer()),
  };
}

function forwarded(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) if (!HOP_BY_HOP.has(name)) kept[name] = headers[name]!;
  return kept;
}

function problem(status: number, body: Buffer): ProxiedResponse {
  return { status, headers: { 'content-type': 'application/problem+json' }, body };
}

function write(res: UwsResponse, { status, headers, body }: ProxiedResponse): void {
  let head = `${status}`;
  for (const name in headers) head += `\r\n${name}: ${headers[name]}`;
  res.writeStatus(head);
  res.end(body);
}
