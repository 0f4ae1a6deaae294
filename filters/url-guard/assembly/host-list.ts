// The hosts of a rule: domains, `*.example.com`, addresses, networks, and `*` for any public domain.
import { Bytes, CidrSet, HostKind, IpAddress, Json, NameSet, refuse, Url } from 'sluice';
import { isDomain, isPublicDomain } from './domain';

const DOT: u8 = 0x2e;
const SLASH: u8 = 0x2f;
const COLON: u8 = 0x3a;

/** Networks that are open only where an entry lies in one of them. */
const CLOSED: CidrSet = closedNetworks();

function closedNetworks(): CidrSet {
  const set = CidrSet.specialUse();
  // Of public space, but in every virtual machine of Azure it is the host that keeps the metadata.
  set.add(Bytes.from('168.63.129.16'));
  return set;
}

/** Built in `configure`, read afterwards. */
export class HostList {
  private readonly domains: NameSet = new NameSet();
  /** Of `*.example.com` the part behind the star and its dot. */
  private readonly parents: NameSet = new NameSet();
  private readonly networks: CidrSet = new CidrSet();
  /** Those of `networks` that lie in a closed one. */
  private readonly opened: CidrSet = new CidrSet();
  private anyDomain: bool = false;

  /** Reads the list of a rule; in `configure`. */
  read(json: Json): void {
    if (!json.isArray) refuse(json.pointer, 'expected a list of hosts');
    for (let item = json.first(); item.exists; item = item.next()) this.add(item);
  }

  /** True when the host of a valid URL is one of these. */
  has(url: Url): bool {
    if (url.hostKind == HostKind.Ipv4 || url.hostKind == HostKind.Ipv6) {
      return (CLOSED.contains(url.address) ? this.opened : this.networks).contains(url.address);
    }
    const host = url.host;
    if (url.hostKind != HostKind.Domain || !isDomain(host)) return false;
    if (this.domains.has(host)) return true;
    const dot = host.indexOfByte(DOT);
    if (dot > 0 && this.parents.has(host.slice(dot + 1))) return true;
    return this.anyDomain && isPublicDomain(host);
  }

  private add(item: Json): void {
    const text = item.bytes.toLowerCase();
    if (text.equals('*')) {
      this.anyDomain = true;
    } else if (text.indexOfByte(SLASH) >= 0 || text.indexOfByte(COLON) >= 0 || IpAddress.parse(text).exists) {
      if (!this.networks.add(text)) refuse(item.pointer, this.networks.problem);
      if (CLOSED.containsNetwork(text)) this.opened.add(text);
    } else {
      const isWild = text.startsWith('*.');
      const domain = isWild ? text.slice(2) : text;
      if (!isUsual(domain)) {
        refuse(item.pointer, 'expected a domain in ASCII, *. and a domain, an IP address, a network, or *');
      }
      (isWild ? this.parents : this.domains).add(domain);
    }
  }
}

/** True for a domain that URLs spell as it stands. */
function isUsual(domain: Bytes): bool {
  if (!isDomain(domain)) return false;
  const url = Url.parseInternational(Bytes.from('https://' + domain.toString()));
  return url.hostKind == HostKind.Domain && url.host.equalsBytes(domain);
}
