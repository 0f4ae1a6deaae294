import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../../core/upstream/failure.js';
import { MAX_HEAD_BYTES } from '../../../core/upstream/head-scanner.js';
import type { ResponseHead } from '../../../core/upstream/response-head.js';
import { ResponseParser, type ResponseSink } from '../../../core/upstream/response-parser.js';

class Recorder implements ResponseSink {
  heads: ResponseHead[] = [];
  body = '';
  readonly parser = new ResponseParser(this);
  onPart = (): void => {};
  #bytes: Buffer = Buffer.alloc(0);

  onHead(head: ResponseHead): void {
    this.heads.push(head);
  }

  onBody(start: number, end: number): void {
    this.body += this.#bytes.toString('latin1', start, end);
    this.onPart();
  }

  /** @returns the bytes that were left over */
  read(text: string): string {
    this.#bytes = Buffer.from(text, 'latin1');
    return text.slice(this.parser.execute(this.#bytes, 0, this.#bytes.length));
  }
}

function begin(method = 'GET'): Recorder {
  const recorder = new Recorder();
  recorder.parser.begin(method);
  return recorder;
}

const HEAD = 'HTTP/1.1 200 OK\r\n';

describe('ResponseParser', () => {
  it('reads a sized body and leaves alone what follows', () => {
    const reader = begin();
    assert.equal(reader.read(`${HEAD}X-A:  b \t\r\nContent-Length: 3\r\n\r\nabcdef`), 'def');
    assert.deepEqual(reader.heads[0]!.fields, ['x-a', 'b', 'content-length', '3']);
    assert.deepEqual([reader.body, reader.parser.over, reader.parser.reusable], ['abc', true, true]);
  });

  it('reads a chunked body and drops its extensions and trailers', () => {
    const reader = begin();
    const wire = '3;a=b;c="\\";"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n';
    assert.equal(reader.read(`${HEAD}transfer-encoding: chunked\r\n\r\n${wire}`), '');
    assert.deepEqual(
      [reader.body, reader.parser.over, reader.parser.reusable],
      ['abc0123456789', true, true],
    );
  });

  it('reads until the connection ends where nothing else ends the body', () => {
    const reader = begin();
    reader.read(`${HEAD}\r\nabc`);
    reader.read('def');
    assert.equal(reader.parser.over, false);
    assert.equal(reader.parser.finish(), true);
    assert.deepEqual([reader.body, reader.parser.over, reader.parser.reusable], ['abcdef', true, false]);
  });

  it('is not content with half a response', () => {
    for (const half of [
      '',
      'HTTP/1.1',
      `${HEAD}content-length: 3\r\n\r\nab`,
      `${HEAD}transfer-encoding: chunked\r\n\r\n0\r\n`,
    ]) {
      const reader = begin();
      reader.read(half);
      assert.equal(reader.parser.finish(), false, half);
    }
  });

  it('reads one response after another', () => {
    const reader = begin();
    reader.read(`${HEAD}transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`);
    reader.parser.begin('HEAD');
    reader.read(`${HEAD}content-length: 5\r\n\r\n`);
    assert.equal(reader.parser.over, true);
    reader.parser.begin('GET');
    reader.read(`HTTP/1.1 103 Hi\r\nlink: x\r\n\r\nHTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n`);
    assert.equal(reader.parser.over, true);
    assert.deepEqual(
      reader.heads.map((head) => head.status),
      [200, 200, 304],
    );
    assert.equal(reader.body, 'a');
  });

  it('says nothing more once it is told to stop, in the middle of what it reads', () => {
    for (const framing of ['content-length: 4', 'transfer-encoding: chunked', 'x: y']) {
      const reader = begin();
      reader.onPart = () => reader.parser.stop();
      reader.read(`${HEAD}${framing}\r\n\r\n2\r\nab\r\n0\r\n\r\n`);
      const { body } = reader;
      assert.notEqual(body, '');
      reader.read('2\r\n');
      assert.equal(reader.body, body);
      assert.equal(reader.parser.over, false);
    }
  });

  it('takes a head of 16 KiB and none that is longer, in one piece or in many', () => {
    const filled = (bytes: number): string => {
      const rest = `${HEAD}content-length: 0\r\nx: \r\n\r\n`.length;
      return `${HEAD}content-length: 0\r\nx: ${'a'.repeat(bytes - rest)}\r\n\r\n`;
    };
    for (const pieceBytes of [MAX_HEAD_BYTES * 2, 5000, 1]) {
      const read = (text: string): boolean => {
        const reader = begin();
        for (let at = 0; at < text.length; at += pieceBytes) reader.read(text.slice(at, at + pieceBytes));
        return reader.parser.over;
      };
      assert.equal(read(filled(MAX_HEAD_BYTES)), true);
      assert.throws(() => read(filled(MAX_HEAD_BYTES + 1)), ProtocolError);
    }
  });

  it('counts the extensions and trailers of one body together', () => {
    const part = 'a'.repeat(5000);
    const chunked = `${HEAD}transfer-encoding: chunked\r\n\r\n`;
    const reader = begin();
    reader.read(`${chunked}1;${part}\r\na\r\n1;${part}\r\nb\r\n0\r\nx:${part}\r\n`);
    assert.throws(() => reader.read(`y:${part}\r\n`), ProtocolError);
    assert.throws(() => begin().read(`${chunked}1;${'a'.repeat(20_000)}`), ProtocolError);
    const again = begin();
    again.read(`${chunked}1;${part}\r\na\r\n0\r\n\r\n`);
    again.parser.begin('GET');
    again.read(`${chunked}1;${part}\r\na\r\n0;${part}\r\nx:${part}\r\n\r\n`);
    assert.equal(again.parser.over, true);
  });

  const refused: Record<string, string> = {
    'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
    'an empty line before the head': `\r\n${HEAD}\r\n`,
    'HTTP/2': 'HTTP/2.0 200 OK\r\n\r\n',
    'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
    'a status below 100': 'HTTP/1.1 099 OK\r\n\r\n',
    'a status that is no number': 'HTTP/1.1 2x0 OK\r\n\r\n',
    'a control character in the reason': 'HTTP/1.1 200 a\0b\r\n\r\n',
    'lines that end with LF alone': 'HTTP/1.1 200 OK\nx: y\n\n',
    'a folded value': `${HEAD}x: a\r\n b\r\n\r\n`,
    'white space before a colon': `${HEAD}x : a\r\n\r\n`,
    'white space before the first name': `${HEAD} x: a\r\n\r\n`,
    'an empty name': `${HEAD}: a\r\n\r\n`,
    'a line without a colon': `${HEAD}x\r\n\r\n`,
    'a bare CR in a value': `${HEAD}x: a\rb\r\n\r\n`,
    'a NUL in a value': `${HEAD}x: a\0b\r\n\r\n`,
    'DEL in a value': `${HEAD}x: a\x7fb\r\n\r\n`,
    'a bare CR at the end of the head': `${HEAD}x: a\r\n\rx`,
    'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'an informational response with a body': 'HTTP/1.1 103 Hi\r\ncontent-length: 1\r\n\r\n',
    'an informational response that nothing may follow': 'HTTP/1.1 103 Hi\r\nconnection: close\r\n\r\n',
    'an informational response of HTTP/1.0': 'HTTP/1.0 100 Continue\r\n\r\n',
    'chunks in HTTP/1.0': 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    'a tab behind a length': `${HEAD}content-length: 1 \t\r\n\r\n`,
  };
  const badChunks: Record<string, string> = {
    'an empty chunk size': '\r\n',
    'a chunk size that is no hex number': 'g\r\n',
    'a chunk size with a prefix': '0x1\r\n',
    'a negative chunk size': '-1\r\n',
    'a chunk size that overflows': '10000000000000\r\n',
    'white space after a chunk size': '1 \r\na\r\n',
    'a chunk size that ends with LF alone': '1\na\r\n',
    'a bare CR in an extension': '1;a\r=b\r\n',
    'an extension without a name': '1;=b\r\n',
    'an open quote in an extension': '1;a="b\r\n',
    'a chunk longer than its size': '1\r\nab\r\n',
    'a chunk that ends with LF alone': '1\r\na\n',
    'a folded trailer': '0\r\nx: a\r\n b\r\n\r\n',
    'a trailer that frames': '0\r\nContent-Length: 1\r\n\r\n',
    'a control character in a trailer': '0\r\nx: \0\r\n\r\n',
  };
  for (const [what, wire] of Object.entries(badChunks)) {
    refused[what] = `${HEAD}transfer-encoding: chunked\r\n\r\n${wire}`;
  }
  for (const [what, wire] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => begin().read(wire), ProtocolError);
      assert.throws(() => {
        const reader = begin();
        for (const byte of wire) reader.read(byte);
      }, ProtocolError);
    });
  }
});
