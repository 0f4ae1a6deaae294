// Lets through requests with a JSON Web Token (RFC 7519) that is signed (HS256, RS256 or ES256), in date and for this audience, and
// hands claims on to the upstream in headers.
import {
  ABSENT,
  Answer,
  Bytes,
  base64UrlDecode,
  clock,
  Decision,
  EcPublicKey,
  equalsConstantTime,
  isFieldValue,
  Json,
  next,
  Padding,
  Request,
  RsaPublicKey,
  refuse,
  respond,
  Secret,
} from 'sluice';

const SCHEME = 'bearer ';

/** One of the two, which is for tokens of one algorithm. */
@final
class Key {
  constructor(
    readonly id: Bytes,
    private readonly rsa: RsaPublicKey | null,
    private readonly ec: EcPublicKey | null,
  ) {}

  verifies(algorithm: Bytes, signed: Bytes, signature: Bytes): bool {
    if (algorithm.equals('RS256')) return this.rsa != null && this.rsa!.verifySha256(signed, signature);
    return algorithm.equals('ES256') && this.ec != null && this.ec!.verifySha256(signed, signature);
  }
}

/** For HS256. A token chooses between it and the keys by its `alg`, so neither is ever used as one of the other kind. */
let secret: Secret | null = null;
const keys: Key[] = [];
let audience: string = '';
let issuer: string = '';
let leeway: f64 = 0;
const claims: string[] = [];
const headers: string[] = [];

export function configure(config: Json): void {
  if (config.get('secret').exists) secret = Secret.named(config.get('secret').bytes);
  for (let jwk = config.get('keys').first(); jwk.exists; jwk = jwk.next()) {
    const rsa = RsaPublicKey.fromJwk(jwk.get('n').bytes, jwk.get('e').bytes);
    const ec = EcPublicKey.fromJwk(jwk.get('x').bytes, jwk.get('y').bytes);
    if (rsa == null && ec == null)
      return refuse(jwk.pointer, 'expected an RSA key of at least 2048 bits, or one on the curve P-256');
    keys.push(new Key(jwk.get('kid').bytes, rsa, rsa == null ? ec : null));
  }
  if (secret == null && keys.length == 0) return refuse('', 'expected secret or keys');
  audience = config.get('audience').text();
  issuer = config.get('issuer').text();
  leeway = config.get('leewaySeconds').number(30);
  for (let claim = config.get('claims').first(); claim.exists; claim = claim.next()) {
    claims.push(claim.name.toString());
    headers.push(claim.text());
  }
}

export function onRequest(request: Request): Decision {
  const field = request.headers.get('authorization');
  if (!field.slice(0, SCHEME.length).equalsIgnoreCase(SCHEME))
    return refused('Bearer', 'A bearer token is needed.');
  const token = field.slice(SCHEME.length).trim();
  const headEnd = token.indexOf('.');
  const payloadEnd = token.indexOf('.', headEnd + 1);
  if (headEnd < 0 || payloadEnd < 0) return invalid('The token is malformed.');
  const head = Json.parse(decoded(token.slice(0, headEnd)));
  const signature = decoded(token.slice(payloadEnd + 1));
  if (!isSigned(head, token.slice(0, payloadEnd), signature))
    return invalid('The token is not signed by a known key.');
  const payload = Json.parse(decoded(token.slice(headEnd + 1, payloadEnd)));
  const now = clock.now() / 1000;
  const expires = payload.get('exp');
  if (!expires.isNumber || now >= expires.number() + leeway) return invalid('The token has expired.');
  const notBefore = payload.get('nbf');
  if (notBefore.exists && !(now >= notBefore.number(Infinity) - leeway))
    return invalid('The token is not valid yet.');
  if (!isMeant(payload.get('aud'))) return invalid('The token is for somebody else.');
  if (issuer.length > 0 && !payload.get('iss').bytes.equals(issuer))
    return invalid('The token is from somebody else.');
  for (let i = 0; i < claims.length; i++) hand(request, headers[i], payload.get(claims[i]));
  return next();
}

function decoded(part: Bytes): Bytes {
  return base64UrlDecode(part, Padding.Forbidden);
}

function isSigned(head: Json, signed: Bytes, signature: Bytes): bool {
  // What must be understood (RFC 7515 §4.1.11) and is not.
  if (head.get('crit').exists) return false;
  const algorithm = head.get('alg').bytes;
  if (algorithm.equals('HS256'))
    return secret != null && equalsConstantTime(signature, secret!.hmacSha256(signed));
  const id = head.get('kid').bytes;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const mayFit = !id.exists || !key.id.exists || id.equalsBytes(key.id);
    if (mayFit && key.verifies(algorithm, signed, signature)) return true;
  }
  return false;
}

/** The claim is a text or a list of them. */
function isMeant(claim: Json): bool {
  if (claim.isString) return claim.bytes.equals(audience);
  for (let item = claim.first(); item.exists; item = item.next())
    if (item.bytes.equals(audience)) return true;
  return false;
}

/** Whatever the client has put there is gone, also without the claim. */
function hand(request: Request, header: string, claim: Json): void {
  const value = claim.isString ? claim.bytes : claim.exists ? claim.raw : ABSENT;
  if (value.exists && isFieldValue(value)) request.headers.set(header, value);
  else request.headers.remove(header);
}

function invalid(detail: string): Answer {
  return refused('Bearer error="invalid_token", error_description="' + detail + '"', detail);
}

function refused(challenge: string, detail: string): Answer {
  return respond(401)
    .header('www-authenticate', challenge)
    .header('cache-control', 'no-store')
    .problem('JWT_REQUIRED', detail);
}
