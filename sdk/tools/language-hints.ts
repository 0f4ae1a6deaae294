// AssemblyScript looks like TypeScript and is less: what to write in place of what it does not have.

interface Hint {
  /** What the compiler says, and the line that it says it of. */
  readonly message: RegExp;
  readonly line?: RegExp;
  readonly hint: string;
}

const BYTES = String.raw`~lib\/sluice\/bytes\/Bytes(?: \| null)?`;
const TEXT = String.raw`~lib\/string\/String(?: \| null)?`;

/** The first that fits counts. */
const HINTS: readonly Hint[] = [
  {
    message: /Closures/,
    hint: 'A function does not see the variables of the one around it: use a loop, or variables of the module.',
  },
  {
    message: /Exceptions/,
    hint: 'Nothing of the SDK throws: what is not there or cannot be read has exists == false.',
  },
  { message: /Regular expressions/, hint: 'Compile patterns in configure, with Patterns.' },
  { message: /Iterators/, hint: 'Count: for (let i = 0; i < list.length; i++).' },
  {
    message: /Cannot find name 'JSON'/,
    hint: 'Json.parse(bytes) reads, JsonWriter writes, JsonEditor edits.',
  },
  {
    message: /Cannot find name '(?:any|unknown|undefined)'/,
    hint: 'Every value has one type; one that may be missing is a class or null: Bytes | null.',
  },
  {
    message: /Cannot find name '(?:Buffer|TextEncoder|TextDecoder|atob|btoa)'/,
    hint: 'Bytes.from(text), toString(), base64Decode and hexDecode turn one into the other.',
  },
  { message: /Cannot find name '(?:fetch|XMLHttpRequest)'/, hint: 'Upstream.call asks another service.' },
  { message: /Cannot find name 'URLSearchParams'/, hint: "request.parameters.get('name') reads the query." },
  { message: /Cannot find name 'URL'/, hint: 'Use Url.parse(bytes).' },
  { message: /Cannot find name 'crypto'/, hint: 'Use sha256, hmacSha256 and random.' },
  {
    message: new RegExp(`Type '${BYTES}' is not assignable to type '${TEXT}'`),
    hint: "Compare with equals('text'), or make text of it with toString().",
  },
  {
    message: new RegExp(`Type '${TEXT}' is not assignable to type '${BYTES}'`),
    hint: "Make bytes of it with Bytes.from('text').",
  },
  {
    message: /expected/,
    line: /\?\.|\?\?/,
    hint: 'There is no ?. and no ??: ask with exists, or with ? and :.',
  },
  {
    message: /expected/,
    line: /\b(?:async|await)\b/,
    hint: 'Nothing waits: return Upstream.call(…), and go on in onCallout.',
  },
  { message: /expected/, line: /[({,]\s*\{|(?:const|let)\s*[{[]/, hint: 'There is no destructuring.' },
];

/** A sentence for what the compiler said of a line, or an empty text. */
export function languageHint(message: string, line: string): string {
  return HINTS.find((hint) => hint.message.test(message) && (hint.line?.test(line) ?? true))?.hint ?? '';
}
