// PEM (RFC 7468): texts with blocks of Base64 in them.

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

/** The blocks with a label such as `CERTIFICATE`, in order; what stands between blocks is for people. */
export function pemBlocks(text: string, label: string): string[] {
  return [...text.matchAll(BLOCK)].filter(([, found]) => found === label).map(([block]) => block);
}

/** Blocks put together as one text. */
export function joinPem(blocks: readonly string[]): string {
  return blocks.map((block) => `${block}\n`).join('');
}
