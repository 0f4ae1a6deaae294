// Which guard reads a body: that of forms or that of JSON, as the content type says.
import { Bytes, isJsonMediaType, MediaParameters, mediaType, Request } from 'sluice';
import { Finding, Place, Reason } from './finding';
import { JsonGuard } from './json-guard';
import { Judge } from './judge';
import { ParameterGuard } from './parameter-guard';
import { Splices } from './splices';

/** Headers that describe the bytes of a body, so they are wrong once the body has changed. */
const DIGESTS: string[] = ['content-md5', 'digest', 'content-digest', 'repr-digest'];

/** Built in `configure`, read afterwards. */
export class BodyGuard {
  readonly form: ParameterGuard = new ParameterGuard(Place.Form);
  readonly json: JsonGuard = new JsonGuard();

  /** Null when nothing is wrong; `splices`, over the body, then has what is to be rewritten. */
  check(request: Request, judge: Judge, splices: Splices): Finding | null {
    if (!this.form.isActive && !this.json.isActive) return null;
    const body = request.body;
    if (body.isEmpty) return this.checkMissing();
    const type = acceptedType(request);
    let finding: Finding | null = null;
    if (this.json.isActive && isJsonMediaType(type)) {
      finding = this.json.check(body, judge, splices);
      return finding == null ? this.form.checkMissing(null) : finding;
    }
    if (this.form.isActive && type.equals('application/x-www-form-urlencoded')) {
      finding = this.form.check(body, judge, splices);
      return finding == null ? this.json.checkMissing() : finding;
    }
    return new Finding(Reason.ContentType, this.json.isActive ? Place.Json : Place.Form);
  }

  /** Puts the body in place that came of the splices. */
  rewrite(request: Request, body: Bytes): void {
    request.setBody(body);
    for (let i = 0; i < DIGESTS.length; i++) {
      if (request.headers.has(DIGESTS[i])) request.headers.remove(DIGESTS[i]);
    }
  }

  private checkMissing(): Finding | null {
    const finding = this.form.checkMissing(null);
    return finding == null ? this.json.checkMissing() : finding;
  }
}

/** The one media type of a body in UTF-8 that is not compressed; empty for any other. */
function acceptedType(request: Request): Bytes {
  const headers = request.headers;
  const index = headers.find('content-type');
  const coding = headers.find('content-encoding');
  const none = Bytes.from('');
  if (index < 0 || headers.find('content-type', index + 1) >= 0) return none;
  if (coding >= 0) {
    if (headers.find('content-encoding', coding + 1) >= 0) return none;
    if (!headers.valueAt(coding).equalsIgnoreCase('identity')) return none;
  }
  const value = headers.valueAt(index);
  const parameters = new MediaParameters(value);
  while (parameters.next()) {
    const isCharset = parameters.name.equalsIgnoreCase('charset');
    if (isCharset && !parameters.value.equalsIgnoreCase('utf-8')) return none;
  }
  return mediaType(value);
}
