// What a URL may be: the rules of `allow`, each of which names schemes, hosts, ports and paths.
import { Bytes, Json, PathPattern, PathReading, PathSegments, refuse, Url } from 'sluice';
import { HostList } from './host-list';

const MOST_PORT: i64 = 65535;

/** Built in `configure`, read afterwards. */
export class AllowList {
  private readonly rules: AllowRule[] = [];

  /** Reads the list; in `configure`. */
  static read(json: Json): AllowList {
    const list = new AllowList();
    if (!json.isArray) refuse(json.pointer, 'expected a list of what URLs may be');
    for (let item = json.first(); item.exists; item = item.next()) list.rules.push(AllowRule.read(item));
    return list;
  }

  /** True when one rule fits. A URL with a username or a password fits none. */
  allows(url: Url): bool {
    if (url.hasCredentials) return false;
    for (let i = 0; i < this.rules.length; i++) if (this.rules[i].fits(url)) return true;
    return false;
  }
}

class AllowRule {
  private readonly schemes: Bytes[] = [];
  private readonly ports: i32[] = [];
  private readonly paths: PathPattern[] = [];
  private hosts: HostList = new HostList();
  private anyPath: bool = true;
  /** Only that of the scheme. */
  private standardPort: bool = true;

  static read(json: Json): AllowRule {
    const rule = new AllowRule();
    rule.readSchemes(json.get('schemes'));
    rule.hosts.read(json.get('hosts'));
    rule.readPorts(json.get('ports'));
    rule.readPaths(json.get('paths'));
    return rule;
  }

  fits(url: Url): bool {
    return (
      this.fitsScheme(url.scheme) && this.fitsPort(url) && this.hosts.has(url) && this.fitsPath(url.path)
    );
  }

  private fitsScheme(scheme: Bytes): bool {
    for (let i = 0; i < this.schemes.length; i++) if (this.schemes[i].equalsBytes(scheme)) return true;
    return false;
  }

  private fitsPort(url: Url): bool {
    if (this.standardPort) return url.port == portOf(url.scheme);
    return this.ports.includes(url.port);
  }

  private fitsPath(text: Bytes): bool {
    if (this.anyPath) return true;
    const path = PathSegments.parse(text, PathReading.Strict);
    if (path == null) return false;
    for (let i = 0; i < this.paths.length; i++) if (this.paths[i].fits(path)) return true;
    return false;
  }

  private readSchemes(json: Json): void {
    if (!json.exists) this.schemes.push(Bytes.from('https'));
    for (let item = json.first(); item.exists; item = item.next()) {
      const scheme = item.bytes;
      if (portOf(scheme) < 0) refuse(item.pointer, 'expected https, http, wss, ws or ftp');
      this.schemes.push(scheme);
    }
  }

  private readPorts(json: Json): void {
    this.standardPort = !json.exists;
    for (let item = json.first(); item.exists; item = item.next()) {
      const port = item.integer();
      if (port < 1 || port > MOST_PORT) refuse(item.pointer, 'expected a port from 1 to 65535');
      this.ports.push(<i32>port);
    }
  }

  private readPaths(json: Json): void {
    this.anyPath = !json.exists;
    for (let item = json.first(); item.exists; item = item.next()) {
      const pattern = PathPattern.parse(item.bytes, PathReading.Strict);
      if (pattern == null) refuse(item.pointer, PathPattern.problem);
      else this.paths.push(pattern);
    }
  }
}

/** Port of a scheme that may be allowed; -1 of any other. */
function portOf(scheme: Bytes): i32 {
  if (scheme.equals('https') || scheme.equals('wss')) return 443;
  if (scheme.equals('http') || scheme.equals('ws')) return 80;
  return scheme.equals('ftp') ? 21 : -1;
}
