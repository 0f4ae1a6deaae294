// What responses say of the type of their body, however it is spelled.
import { Bytes, Headers, isJsonMediaType, isToken, mediaParameter, mediaType } from 'sluice';

const COMMA: u8 = 0x2c;
const SLASH: u8 = 0x2f;

/** All media types that `content-type` names, in lower case: clients differ on which of several counts. */
@final
export class ContentTypes {
  /** What is no media type, such as an empty value or `json`, says nothing. */
  readonly names: Bytes[] = [];
  /** Values of `charset`, in lower case. */
  readonly charsets: Bytes[] = [];

  constructor(headers: Headers) {
    for (let at = headers.find('content-type'); at >= 0; at = headers.find('content-type', at + 1)) {
      const value = headers.valueAt(at);
      for (let start = 0; start <= value.length; ) {
        const comma = value.indexOfByte(COMMA, start);
        const end = comma < 0 ? value.length : comma;
        this.add(value.slice(start, end));
        start = end + 1;
      }
    }
  }

  get hasJson(): bool {
    for (let i = 0; i < this.names.length; i++) if (isJson(this.names[i])) return true;
    return false;
  }

  /** Documents of JSON one behind another, as a rule a line for each. */
  get hasJsonLines(): bool {
    for (let i = 0; i < this.names.length; i++) if (isJsonLines(this.names[i])) return true;
    return false;
  }

  /** The parts of such a body have types of their own. */
  get hasParts(): bool {
    for (let i = 0; i < this.names.length; i++) if (this.names[i].equals('multipart/byteranges')) return true;
    return false;
  }

  private add(value: Bytes): void {
    const type = mediaType(value);
    const slash = type.indexOfByte(SLASH);
    if (slash < 0 || !isToken(type.slice(0, slash)) || !isToken(type.slice(slash + 1))) return;
    this.names.push(type);
    const charset = mediaParameter(value, 'charset');
    if (charset.exists) this.charsets.push(charset.toLowerCase());
  }
}

/** None of these names is registered but the last: `application/x-ndjson`, `application/jsonl` and so on. */
function isJsonLines(type: Bytes): bool {
  return (
    type.endsWith('ndjson') ||
    type.endsWith('jsonl') ||
    type.endsWith('jsonlines') ||
    type.endsWith('json-lines') ||
    type.endsWith('json-seq')
  );
}

/** `text/x-json` and the like are older names. */
function isJson(type: Bytes): bool {
  return isJsonMediaType(type) || type.endsWith('/json') || type.endsWith('/x-json');
}
