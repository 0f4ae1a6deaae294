// Loaded before a gateway (`node --import`): spoils every memory that bodies were lent from, as soon as whoever had it is through.
// Bytes that somebody kept without a copy come out wrong then, not only when another read happens to come in between.
import { ChunkPool, copyOf } from '../../core/chunk-pool.js';
import { UwsDownload } from '../../core/listener/uws-download.js';
import { DerivedBody } from '../../core/phases/derived-body.js';
import { Http1Upload } from '../../core/upstream/http1-upload.js';
import { ResponseBody } from '../../core/upstream/response-body.js';
import { SPOILT } from './raw-body.js';

type Take<This, Result> = (this: This, bytes: Uint8Array) => Result;

function spoiling<This, Result>(take: Take<This, Result>): Take<This, Result> {
  return function (bytes) {
    const lent = copyOf(bytes);
    const result = take.call(this, lent);
    lent.fill(SPOILT);
    return result;
  };
}

for (const { prototype } of [UwsDownload, DerivedBody, Http1Upload]) {
  prototype.lentChunk = spoiling(prototype.lentChunk);
}
ResponseBody.prototype.pushLent = spoiling(ResponseBody.prototype.pushLent);

const { give } = ChunkPool.prototype;
ChunkPool.prototype.give = function (piece) {
  piece.fill(SPOILT);
  give.call(this, piece);
};
