// What the generated entry of a filter calls: one function for each end of a call. Not for authors.
import { closeDecision, Decision, openDecision } from './decision';
import { PHASE_REQUEST } from '../abi/abi';
import { Outcome } from './callout';
import { Chunk } from './chunk';
import { framePhase, openFrame } from './frame';
import { openReply } from './reply';
import { Request } from './request';
import { Response } from './response';
export { abort } from './host';
export { openConfig, closeConfig } from './config';

const REQUEST = new Request();
// Made only in filters whose entry asks for them.
// @ts-ignore: decorator
@lazy const RESPONSE = new Response();
// @ts-ignore: decorator
@lazy const CHUNK = new Chunk();
// @ts-ignore: decorator
@lazy const OUTCOME = new Outcome();

export function begin(length: u32): usize {
  openReply();
  openDecision();
  return __sluice_begin(length);
}

export function openRequest(frame: usize): Request {
  openFrame(frame);
  return REQUEST;
}

/** After `openRequest` of the same frame. */
export function openResponse(): Response {
  return RESPONSE;
}

/** After `openRequest` of the frame of the same call. */
export function openChunk(): Chunk {
  return CHUNK;
}

/** After `openRequest` of the frame of the same call. */
export function isRequestPhase(): bool {
  return framePhase() == PHASE_REQUEST;
}

export function openOutcome(address: usize): Outcome {
  return OUTCOME.open(address);
}

export function close(decision: Decision): usize {
  return closeDecision(decision);
}
