// One rule: methods, hosts, path, client, content type, headers and query, all of which must fit.
import {
  Bytes,
  CidrSet,
  HeaderConditions,
  IpAddress,
  Json,
  PathPattern,
  PathReading,
  PathSegments,
  Request,
  refuse,
} from 'sluice';
import { ContentTypeCondition } from './content-type-condition';
import { HostCondition } from './host-condition';
import { QueryCondition } from './query-condition';

export class Rule {
  private readonly methods: Bytes[] = [];
  private headers: HeaderConditions = new HeaderConditions();
  private path: PathPattern | null = null;
  private query: QueryCondition | null = null;
  private hosts: HostCondition | null = null;
  private contentTypes: ContentTypeCondition | null = null;
  private clients: CidrSet | null = null;

  /** Reads a rule; in `configure`. */
  static read(json: Json): Rule {
    const rule = new Rule();
    const methods = json.get('methods');
    if (!methods.isArray) refuse(methods.pointer, 'expected a list of methods');
    for (let item = methods.first(); item.exists; item = item.next()) {
      if (!item.isString) refuse(item.pointer, 'expected a method');
      rule.methods.push(item.bytes);
    }
    const path = json.get('path');
    rule.path = PathPattern.parse(path.bytes, PathReading.Tolerant);
    if (rule.path == null) refuse(path.pointer, PathPattern.problem);
    rule.headers = HeaderConditions.read(json.get('headers'));
    const query = json.get('query');
    if (query.exists) rule.query = QueryCondition.read(query);
    const hosts = json.get('hosts');
    if (hosts.exists) rule.hosts = HostCondition.read(hosts);
    const contentTypes = json.get('contentTypes');
    if (contentTypes.exists) rule.contentTypes = ContentTypeCondition.read(contentTypes);
    const clients = json.get('clients');
    if (clients.exists) rule.clients = readClients(clients);
    return rule;
  }

  fits(request: Request, path: PathSegments): bool {
    const pattern = this.path;
    if (pattern == null || !this.allowsMethod(request.method) || !pattern.fits(path)) return false;
    const hosts = this.hosts;
    if (hosts != null && !hosts.fits(request.authority)) return false;
    const clients = this.clients;
    if (clients != null && !clients.contains(IpAddress.parse(request.client))) return false;
    const contentTypes = this.contentTypes;
    if (contentTypes != null && !contentTypes.fits(request.headers)) return false;
    if (!this.headers.fits(request.headers)) return false;
    const query = this.query;
    return query == null || query.fits(request.query);
  }

  private allowsMethod(method: Bytes): bool {
    for (let i = 0; i < this.methods.length; i++) if (this.methods[i].equalsBytes(method)) return true;
    return false;
  }
}

function readClients(json: Json): CidrSet {
  const clients = new CidrSet();
  if (!json.isArray) refuse(json.pointer, 'expected a list of networks');
  for (let item = json.first(); item.exists; item = item.next()) {
    if (!clients.add(item.bytes)) refuse(item.pointer, clients.problem);
  }
  return clients;
}
