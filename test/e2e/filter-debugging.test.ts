import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inFolder, manifestOf } from '../sdk/inline-filter.js';
import { startFilterCommand } from '../support/filter-command.js';
import { InspectorClient } from '../support/inspector-client.js';

const SOURCE = `import { Decision, next, Request } from 'sluice';

export function onRequest(request: Request): Decision {
  const query = request.query.length;
  request.headers.set('x-query', query);
  return next();
}
`;
/** The line that sets the header. */
const LINE = 5;

const TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain } from '@sluice/sdk/testing';

test('counts', () => {
  const chain = new TestChain([{ module: fileURLToPath(new URL('../build/inline.wasm', import.meta.url)) }]);
  debugger;
  assert.equal(chain.exchange({ target: '/?abc' }).upstream.headers.get('x-query'), '3');
});
`;

const FILES = {
  'filter.json': JSON.stringify(manifestOf()),
  'assembly/index.ts': SOURCE,
  'test/counts.test.js': TEST,
};

/** Of the Chrome DevTools Protocol, domain Debugger: the members that are looked at. */
interface Script {
  readonly scriptId: string;
  readonly scriptLanguage: string;
  readonly sourceMapURL: string;
  /** Of a module: its size, since all of it is one line. */
  readonly endColumn: number;
}
interface Location {
  readonly columnNumber: number;
}
interface CallFrame {
  readonly functionName: string;
  readonly location: Location;
}

describe('sluice filter test --inspect', () => {
  it('lets a debugger stop at a line of the AssemblyScript source, by the map in the module', async () => {
    await inFolder(FILES, async (folder) => {
      const command = startFilterCommand(folder, 'test', '--inspect-port', '0');
      let debug: InspectorClient | undefined;
      try {
        const [, url] = await command.complained(/Debugger listening on (ws:\S+)/);
        debug = await InspectorClient.connect(url!);
        await debug.call('Runtime.enable');
        await debug.call('Debugger.enable');
        await debug.call('Runtime.runIfWaitingForDebugger');
        await debug.next('Debugger.paused');
        await debug.call('Debugger.resume');
        // At the `debugger` of the test, where the module is loaded and has not run.
        await debug.next('Debugger.paused');

        const script = await parsedModule(debug);
        const map = new SourceMap(mapOf(script.sourceMapURL));
        const source = pathToFileURL(join(folder, 'assembly/index.ts')).href;
        const isLine = (offset: number): boolean => {
          const entry = map.findEntry(0, offset) as { originalSource?: string; originalLine?: number };
          return entry.originalSource === source && entry.originalLine === LINE - 1;
        };
        const first = Array.from({ length: script.endColumn }, (_, offset) => offset).find(isLine);
        assert(first !== undefined, `no code is of line ${LINE}`);
        const { locations } = await debug.call<{ locations: Location[] }>('Debugger.getPossibleBreakpoints', {
          start: { scriptId: script.scriptId, lineNumber: 0, columnNumber: first },
        });
        await debug.call('Debugger.setBreakpoint', { location: locations[0] });
        await debug.call('Debugger.resume');

        const { callFrames } = await debug.next<{ callFrames: CallFrame[] }>('Debugger.paused');
        assert.equal(callFrames[0]!.functionName, '$assembly/index/onRequest');
        assert(isLine(callFrames[0]!.location.columnNumber));
        assert.match(map.payload.sourcesContent[map.payload.sources.indexOf(source)]!, /x-query/);
        await debug.call('Debugger.resume');
        await command.printed('pass 1');
        debug.close();
        const { code, stdout } = await command.ended;
        assert.equal(code, 0, stdout);
      } finally {
        debug?.close();
        await command.stop();
      }
    });
  });
});

async function parsedModule(debug: InspectorClient): Promise<Script> {
  for (;;) {
    const script = await debug.next<Script>('Debugger.scriptParsed');
    if (script.scriptLanguage === 'WebAssembly') return script;
  }
}

function mapOf(url: string): ConstructorParameters<typeof SourceMap>[0] {
  const [head, base64] = url.split(',') as [string, string];
  assert.equal(head, 'data:application/json;base64');
  return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
}
