// What the reference says of an API, apart from how sources are read and how the page is written.

/** A group of exports under one heading. */
export interface ApiTopic {
  readonly title: string;
  readonly entries: readonly ApiEntry[];
}

/** One exported name. */
export interface ApiEntry extends ApiItem {
  /** Path of the source, relative to the entry point. */
  readonly file: string;
  /** Name of the exported class that it has more members from; null when it extends none. */
  readonly base: string | null;
  /** Public members of its own, in the order of the source. */
  readonly members: readonly ApiItem[];
}

export interface ApiItem {
  readonly name: string;
  /** The declaration as it stands in the source, without its body. */
  readonly signature: string;
  /** Null when the source has no doc comment. */
  readonly doc: DocComment | null;
}

/** A doc comment, in Markdown. */
export interface DocComment {
  readonly text: string;
  readonly tags: readonly DocTag[];
}

export interface DocTag {
  /** Without `@`: `param`, `returns`, `throws` … */
  readonly name: string;
  readonly text: string;
}

/** Names that the reference has nothing to say of: `Bytes`, `Bytes.isEmpty`. */
export function undocumented(topics: readonly ApiTopic[]): string[] {
  const silent = ({ doc }: ApiItem): boolean => doc === null || (doc.text === '' && doc.tags.length === 0);
  return topics
    .flatMap(({ entries }) => entries)
    .flatMap((entry) => [
      ...(silent(entry) ? [entry.name] : []),
      ...entry.members.filter(silent).map(({ name }) => `${entry.name}.${name}`),
    ]);
}
