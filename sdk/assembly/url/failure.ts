/** Why a text is no absolute URL, or none that may be used. */
export enum UrlFailure {
  /** It is one. */
  None = 0,
  /** Bytes that are not UTF-8: nobody can tell what others would read. */
  NotUtf8,
  /** It does not begin with a scheme and a colon. */
  NoScheme,
  /** The scheme needs a host, or something stands where only a host gives it sense. */
  NoHost,
  /** A character that may stand in no host, or a domain that IDNA refuses. */
  BadHost,
  /** It ends in a number, so it would have to be an IPv4 address. */
  BadIpv4,
  /** What stands in the brackets is no IPv6 address. */
  BadIpv6,
  /** The port is no number from 0 to 65535. */
  BadPort,
  /** A domain beyond ASCII, or with a label `xn--`: `Url.parseInternational` reads those. */
  NeedsIdna,
}
