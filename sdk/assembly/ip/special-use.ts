// Networks that no public server has an address in: the IANA registries of special-purpose addresses (RFC 6890, as of
// 2025), multicast, and prefixes whose addresses carry an IPv4 address that a gateway or a tunnel would go on to.
// `::ffff:0:0/96` is not here: IPv4-mapped addresses are IPv4 addresses to IpAddress, and judged as such.

// Lazy: a filter that does not ask for them has none of these texts in its module.
// @ts-ignore: decorator
@lazy export const SPECIAL_USE: StaticArray<string> = [
  '0.0.0.0/8', // this host on this network, RFC 791
  '10.0.0.0/8', // private, RFC 1918
  '100.64.0.0/10', // shared by carriers (CGNAT), RFC 6598
  '127.0.0.0/8', // loopback, RFC 1122
  '169.254.0.0/16', // link-local, and the metadata services of clouds, RFC 3927
  '172.16.0.0/12', // private, RFC 1918
  '192.0.0.0/24', // protocol assignments, RFC 6890
  '192.0.2.0/24', // documentation, RFC 5737
  '192.31.196.0/24', // AS112, RFC 7535
  '192.52.193.0/24', // AMT, RFC 7450
  '192.88.99.0/24', // relays of 6to4, RFC 7526
  '192.168.0.0/16', // private, RFC 1918
  '192.175.48.0/24', // AS112, RFC 7534
  '198.18.0.0/15', // benchmarking, RFC 2544
  '198.51.100.0/24', // documentation, RFC 5737
  '203.0.113.0/24', // documentation, RFC 5737
  '224.0.0.0/4', // multicast, RFC 5771
  '240.0.0.0/4', // reserved, RFC 1112; the last address is the limited broadcast, RFC 919
  '::/96', // unspecified, loopback, and IPv4-compatible addresses, RFC 4291
  '::ffff:0:0:0/96', // IPv4-translated, RFC 2765
  '64:ff9b::/96', // NAT64, RFC 6052
  '64:ff9b:1::/48', // NAT64 of one network, RFC 8215
  '100::/64', // discard-only, RFC 6666
  '100:0:0:1::/64', // dummy prefix, RFC 9780
  '2001::/23', // protocol assignments, RFC 2928: Teredo, benchmarking, AMT, AS112, ORCHID, drones
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056
  '2620:4f:8000::/48', // AS112, RFC 7534
  '3fff::/20', // documentation, RFC 9637
  '5f00::/16', // segment routing, RFC 9602
  'fc00::/7', // unique local, RFC 4193
  'fe80::/10', // link-local, RFC 4291
  'fec0::/10', // site-local, deprecated by RFC 3879
  'ff00::/8', // multicast, RFC 4291
];
