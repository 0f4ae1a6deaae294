// Presets of the headers that tell browsers what a page may do.
import { Bytes, Headers, isFieldValue, Json, refuse } from 'sluice';
import { checkName } from './name-list';

export class SecurityHeaders {
  private readonly names: Bytes[] = [];
  private readonly values: Bytes[] = [];
  /** Puts its headers in place of the upstream's, and does not only add what is missing. */
  private isStrict: bool = false;

  /** Reads the name of a preset, or `{ preset, override }`; in `configure`. */
  read(config: Json): void {
    if (!config.exists) return;
    const preset = config.isString ? config : config.get('preset');
    this.isStrict = preset.bytes.equals('strict');
    if (!this.isStrict && !preset.bytes.equals('recommended')) {
      return refuse(config.pointer, 'expected recommended or strict');
    }
    const own = config.get('override');
    this.addPreset(own);
    for (let member = own.first(); member.exists; member = member.next()) this.addOverride(member);
  }

  /** For a response of the upstream. */
  apply(headers: Headers): void {
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i];
      if (this.isStrict || !hasField(headers, name)) headers.set(name, this.values[i]);
    }
  }

  /** For a response that has nothing of the upstream's. */
  applyAll(headers: Headers): void {
    for (let i = 0; i < this.names.length; i++) headers.set(this.names[i], this.values[i]);
  }

  private addPreset(own: Json): void {
    const strict = this.isStrict;
    this.add(
      own,
      'strict-transport-security',
      strict ? 'max-age=63072000; includeSubDomains' : 'max-age=31536000',
    );
    this.add(
      own,
      'content-security-policy',
      strict
        ? "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        : "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'self'",
    );
    this.add(own, 'x-content-type-options', 'nosniff');
    this.add(own, 'x-frame-options', strict ? 'DENY' : 'SAMEORIGIN');
    this.add(own, 'referrer-policy', strict ? 'no-referrer' : 'strict-origin-when-cross-origin');
    this.add(
      own,
      'permissions-policy',
      strict
        ? 'accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), ' +
            'magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=(), xr-spatial-tracking=()'
        : 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    );
    if (!strict) return;
    this.add(own, 'cross-origin-opener-policy', 'same-origin');
    this.add(own, 'cross-origin-resource-policy', 'same-origin');
  }

  private add(own: Json, name: string, value: string): void {
    const key = Bytes.from(name);
    for (let member = own.first(); member.exists; member = member.next()) {
      if (member.name.toLowerCase().equalsBytes(key)) return;
    }
    this.names.push(key);
    this.values.push(Bytes.from(value));
  }

  private addOverride(member: Json): void {
    const name = member.name.toLowerCase();
    checkName(name, member);
    if (member.isNull) return;
    if (!member.isString) return refuse(member.pointer, 'expected a string, or null for no such header');
    if (!isFieldValue(member.bytes)) refuse(member.pointer, 'a header value cannot hold control characters');
    this.names.push(name);
    this.values.push(member.bytes);
  }
}

function hasField(headers: Headers, name: Bytes): bool {
  for (let i = 0, size = headers.size; i < size; i++) if (headers.nameAt(i).equalsBytes(name)) return true;
  return false;
}
