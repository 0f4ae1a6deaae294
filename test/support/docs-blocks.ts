// Reads the fenced code blocks of a Markdown page: which commands it shows, and which output it promises.

/** A ```sh block and the ```text block that follows it with nothing but prose between. */
export interface CommandBlock {
  /** 1-based line of the opening fence. */
  readonly line: number;
  /** What stands after `sh`: `run=quickstart`, `setup`, or nothing. */
  readonly info: string;
  readonly commands: string;
  /** Null when the page shows no output. */
  readonly output: string | null;
}

interface Fence {
  readonly line: number;
  readonly language: string;
  readonly info: string;
  readonly text: string;
}

/** The ```sh blocks of a page, in order. A ```text block belongs to the sh block right before it. */
export function commandBlocks(markdown: string): CommandBlock[] {
  const fences = fencesOf(markdown);
  return fences.flatMap((fence, index) => {
    if (fence.language !== 'sh') return [];
    const next = fences[index + 1];
    const output = next?.language === 'text' ? next.text : null;
    return [{ line: fence.line, info: fence.info, commands: fence.text, output }];
  });
}

/** Fenced blocks by CommonMark §4.5, for fences of back-ticks that may be indented in a list. */
function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  const lines = markdown.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const open = /^(\s*)(`{3,})([^`\s]*)\s*([^`]*)$/.exec(lines[index]!);
    if (open === null) continue;
    const [, indent, ticks, language, info] = open;
    const line = index + 1;
    const body: string[] = [];
    const close = new RegExp(`^\\s*\`{${ticks!.length},}\\s*$`);
    for (index++; index < lines.length && !close.test(lines[index]!); index++) {
      body.push(lines[index]!.startsWith(indent!) ? lines[index]!.slice(indent!.length) : lines[index]!);
    }
    if (index === lines.length) throw new Error(`The block that opens in line ${line} never closes`);
    fences.push({
      line,
      language: language!,
      info: info!.trim(),
      text: body.map((text) => `${text}\n`).join(''),
    });
  }
  return fences;
}
