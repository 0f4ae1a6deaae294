// Where the commands of pages run: as if it were the folder of the project, with files of its own, and on ports that are free,
// whatever else listens on this machine. What a page says is put into the words of this place, and nothing else is changed.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../bench/harness/processes.js';
import { releaseId } from '../../core/etcd/release-store.js';
import { filesBelow, ROOT, textOf } from '../house/source-tree.js';

const PORT = /(?<=\b127\.0\.0\.1:)\d+\b/g;
/** What commands write to, wherever they run. */
const SCRATCH = '/tmp/sluice-demo';

export class DocsStage {
  readonly folder: string;
  /** By what pages say. */
  readonly #ports = new Map<string, number>();
  /** Of the configurations that are published: what they are called follows from what they say. */
  readonly #releases = new Map<string, string>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param pages whose commands are to run */
  static async open(pages: readonly string[]): Promise<DocsStage> {
    const stage = new DocsStage(mkdtempSync(join(tmpdir(), 'sluice-docs-')));
    const examples = filesBelow('examples', '.yaml');
    for (const [port] of [...pages, ...examples].flatMap((file) => [...textOf(file).matchAll(PORT)]))
      if (!stage.#ports.has(port)) stage.#ports.set(port, await stage.#freshPort());
    symlinkSync(join(ROOT, 'dist'), join(stage.folder, 'dist'));
    for (const file of examples) stage.#copy(file);
    return stage;
  }

  /** What stands for a text of a page here. */
  here(text: string): string {
    let changed = text.replace(PORT, (port) => String(this.#ports.get(port)));
    for (const [there, here] of this.#releases) changed = changed.replaceAll(there, here);
    return changed.replaceAll(SCRATCH, join(this.folder, 'sluice-demo'));
  }

  /** The arguments of a shell that runs commands of a page; what a gateway keeps on disk stays here. */
  shell(commands: string): string[] {
    return ['-ec', `export XDG_STATE_HOME='${join(this.folder, 'state')}'\n${this.here(commands)}`];
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #copy(file: string): void {
    const text = textOf(file);
    const changed = this.here(text);
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), changed);
    this.#releases.set(releaseId(Buffer.from(text)), releaseId(Buffer.from(changed)));
  }

  async #freshPort(): Promise<number> {
    for (;;) {
      const port = await freePort();
      if (![...this.#ports.values()].includes(port)) return port;
    }
  }
}
