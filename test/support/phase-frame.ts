// Frames in memory, and chains that run on them in the thread of the test.
import type { FilterChain } from '../../core/wasm/chain.js';
import type { ChainLink } from '../../core/wasm/chain-input.js';
import { align8, type FrameMemory, FrameWriter, frameMemory } from '../../core/wasm/frame.js';
import type { PhaseMessage, PhaseResult } from '../../core/wasm/guest-abi.js';

/** The frame of a message, without body. */
export function writeFrame(message: PhaseMessage): { memory: FrameMemory; frame: Uint8Array } {
  const writer = new FrameWriter();
  const length = writer.prepare(message);
  const memory = frameMemory(new ArrayBuffer(align8(length)));
  writer.write(memory, 0);
  return { memory, frame: memory.bytes.subarray(0, length) };
}

/**
 * Runs the phase of `message` through the links.
 * @param outcome of the callout that the first of them goes on after
 */
export function runPhase(
  chain: FilterChain,
  message: PhaseMessage,
  links: readonly ChainLink[],
  outcome: Uint8Array | null = null,
): PhaseResult {
  const { memory, frame } = writeFrame(message);
  const { phase, stage, body } = message;
  return chain.run({ phase, stage, memory, at: 0, length: frame.byteLength, body, links, outcome });
}
