// What every ConfigSource must do, wherever its configuration comes from.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConfigListener, ConfigRevision, ConfigSource } from '../../core/config/source.js';
import { ConfigErrors } from '../../core/errors.js';

/** One source and the hands to change what it reads. */
export interface SourceSubject {
  readonly source: ConfigSource;
  /** Replaces the document. */
  write(text: string): Promise<void>;
  remove(): Promise<void>;
  /** Closes the source and removes what it read. */
  dispose(): Promise<void>;
}

export type Report =
  | { readonly kind: 'changed'; readonly revision: ConfigRevision }
  | { readonly kind: 'failed'; readonly errors: ConfigErrors };

const DEADLINE_MS = 10_000;

/** Keeps what a source reports until a test asks for it. */
export class ReportQueue implements ConfigListener {
  readonly #reports: Report[] = [];
  #arrived: (() => void) | null = null;

  changed(revision: ConfigRevision): void {
    this.#push({ kind: 'changed', revision });
  }

  failed(errors: ConfigErrors): void {
    this.#push({ kind: 'failed', errors });
  }

  /** Outages and warnings are no reports of what a source holds. */
  unreachable(): void {}

  reachable(): void {}

  warned(): void {}

  get size(): number {
    return this.#reports.length;
  }

  /** The next report that was not taken yet. */
  async take(): Promise<Report> {
    if (this.#reports.length === 0) {
      const { promise, resolve, reject } = withResolvers();
      this.#arrived = resolve;
      const deadline = setTimeout(() => reject(new Error('no report came')), DEADLINE_MS);
      await promise.finally(() => clearTimeout(deadline));
    }
    return this.#reports.shift()!;
  }

  async takeRevision(): Promise<ConfigRevision> {
    const report = await this.take();
    assert.equal(report.kind, 'changed', report.kind === 'failed' ? report.errors.message : '');
    return (report as Report & { kind: 'changed' }).revision;
  }

  async takeErrors(): Promise<ConfigErrors> {
    const report = await this.take();
    assert.equal(report.kind, 'failed');
    return (report as Report & { kind: 'failed' }).errors;
  }

  #push(report: Report): void {
    this.#reports.push(report);
    this.#arrived?.();
    this.#arrived = null;
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** A valid document that can be told from others by its one listener. */
export function documentOf(name: string): string {
  return `listeners:\n  - name: ${name}\n    address: 127.0.0.1:0\n`;
}

function nameOf(revision: ConfigRevision): string | undefined {
  return revision.config.listeners[0]?.name;
}

/** @param open makes a subject whose document is `text`, or that has none */
export function describeConfigSource(
  name: string,
  open: (text: string | null) => Promise<SourceSubject>,
): void {
  async function run(text: string | null, body: (subject: SourceSubject) => Promise<void>): Promise<void> {
    const subject = await open(text);
    try {
      await body(subject);
    } finally {
      await subject.dispose();
    }
  }

  describe(name, () => {
    test('loads a valid document', () =>
      run(documentOf('a'), async ({ source }) => {
        const revision = await source.load();
        assert.equal(nameOf(revision), 'a');
        assert.ok(Object.isFrozen(revision.config));
        assert.notEqual(source.description, '');
      }));

    test('names a revision by its text: the same text the same, another text another', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const { id } = await source.load();
        assert.match(id, /^[0-9a-f]{12}$/);
        assert.equal((await source.load()).id, id);
        await write(documentOf('b'));
        assert.notEqual((await source.load()).id, id);
      }));

    test('throws ConfigErrors for an invalid document', () =>
      run('listeners: 5\n', async ({ source }) => {
        await assert.rejects(
          source.load(),
          (error) => error instanceof ConfigErrors && error.errors.length === 1,
        );
      }));

    test('throws ConfigErrors when there is nothing to read', () =>
      run(null, async ({ source }) => {
        await assert.rejects(
          source.load(),
          (error) => error instanceof ConfigErrors && error.errors[0]!.code === 'SLUICE_CONFIG_UNREADABLE',
        );
      }));

    test('reports changes in their order', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        await source.load();
        source.watch(reports);
        for (const next of ['b', 'c', 'a']) {
          await write(documentOf(next));
          assert.equal(nameOf(await reports.takeRevision()), next);
        }
      }));

    test('reports a change that happened between load and watch', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        await source.load();
        await write(documentOf('b'));
        source.watch(reports);
        assert.equal(nameOf(await reports.takeRevision()), 'b');
      }));

    test('does not report the same content again', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        await source.load();
        source.watch(reports);
        await write(documentOf('a'));
        await write(documentOf('b'));
        assert.equal(nameOf(await reports.takeRevision()), 'b');
        await write(documentOf('b'));
        await write(documentOf('c'));
        assert.equal(nameOf(await reports.takeRevision()), 'c');
        assert.equal(reports.size, 0);
      }));

    test('reports an invalid change and recovers with the next valid one', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        await source.load();
        source.watch(reports);
        await write('listeners: [\n');
        assert.equal((await reports.takeErrors()).errors[0]!.code, 'SLUICE_CONFIG_SYNTAX');
        await write(documentOf('b'));
        assert.equal(nameOf(await reports.takeRevision()), 'b');
      }));

    test('reports the last good content again once a failure is over', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        const { id } = await source.load();
        source.watch(reports);
        await write('listeners: 5\n');
        await reports.takeErrors();
        await write(documentOf('a'));
        assert.equal((await reports.takeRevision()).id, id);
      }));

    test('reports that its document is gone, and that it is back', () =>
      run(documentOf('a'), async ({ source, write, remove }) => {
        const reports = new ReportQueue();
        await source.load();
        source.watch(reports);
        await remove();
        assert.equal((await reports.takeErrors()).errors[0]!.code, 'SLUICE_CONFIG_UNREADABLE');
        await write(documentOf('b'));
        assert.equal(nameOf(await reports.takeRevision()), 'b');
      }));

    test('recovers from a first load that failed', () =>
      run(null, async ({ source, write }) => {
        const reports = new ReportQueue();
        await assert.rejects(source.load(), ConfigErrors);
        source.watch(reports);
        await write(documentOf('a'));
        assert.equal(nameOf(await reports.takeRevision()), 'a');
      }));

    test('reports on reload even when nothing changed, good or bad', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        const { id } = await source.load();
        source.watch(reports);
        await source.reload();
        assert.equal(reports.size, 1, 'the report has come when reload returns');
        assert.equal((await reports.takeRevision()).id, id);
        await write('listeners: 5\n');
        await reports.takeErrors();
        await source.reload();
        assert.equal((await reports.takeErrors()).errors[0]!.code, 'SLUICE_CONFIG_INVALID');
      }));

    test('reports nothing after close, and closes twice', () =>
      run(documentOf('a'), async ({ source, write }) => {
        const reports = new ReportQueue();
        await source.load();
        source.watch(reports);
        await source.close();
        await write(documentOf('b'));
        await source.reload();
        await source.close();
        assert.equal(reports.size, 0);
      }));
  });
}
