// What the generated entry of a filter calls: one function for each end of a call. Not for authors.
import { closeDecision, Decision, openDecision } from './decision';
import { openFrame } from './frame';
import { openReply } from './reply';
import { Request } from './request';
import { Response } from './response';
export { abort } from './host';
export { openConfig, closeConfig } from './config';

const REQUEST = new Request();
const RESPONSE = new Response();

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

export function close(decision: Decision): usize {
  return closeDecision(decision);
}
