// A guest that reads addresses and asks sets of networks for them, by the batch.
import assert from 'node:assert/strict';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** What `IpAddress` says of a text. */
export interface ReadAddress {
  readonly exists: boolean;
  readonly isV4: boolean;
  readonly text: string;
  /** 32 hex digits. */
  readonly bytes: string;
}

/** Networks, addresses, and what the set is made from. */
export interface Question {
  readonly networks: readonly string[];
  readonly addresses: readonly string[];
}

/** Why a network was refused; empty when it was not. By network, then by address. */
export interface SetAnswer {
  readonly problems: readonly string[];
  readonly contained: readonly boolean[];
}

const SOURCE = `
import { CidrSet, Decision, IpAddress, Json, JsonWriter, Request, respond } from 'sluice';

const SPECIAL = CidrSet.specialUse();
let configured: CidrSet = new CidrSet();

export function configure(config: Json): void {
  const networks = config.get('networks');
  for (let network = networks.first(); network.exists; network = network.next()) configured.add(network.bytes);
}

function hex(out: JsonWriter, address: IpAddress): void {
  let text = '';
  const bytes = address.bytes;
  for (let i = 0; i < 16; i++) text += (<u32>bytes[i] + 256).toString(16).slice(1);
  out.text(text);
}

function contained(out: JsonWriter, set: CidrSet, addresses: Json): void {
  out.beginArray();
  for (let text = addresses.first(); text.exists; text = text.next()) out.bool(set.contains(IpAddress.parse(text.bytes)));
  out.endArray();
}

export function onRequest(request: Request): Decision {
  const out = new JsonWriter().beginArray();
  const body = Json.parse(request.body);
  if (request.path.equals('/read')) {
    for (let text = body.first(); text.exists; text = text.next()) {
      const address = IpAddress.parse(text.bytes);
      out.beginArray().bool(address.exists).bool(address.isV4).textBytes(address.format());
      hex(out, address);
      out.endArray();
    }
  } else if (request.path.equals('/compare')) {
    for (let one = body.first(); one.exists; one = one.next()) {
      const address = IpAddress.parse(one.bytes);
      for (let other = body.first(); other.exists; other = other.next()) {
        const order = address.compare(IpAddress.parse(other.bytes));
        assert(order == 0 ? address.equals(IpAddress.parse(other.bytes)) : !address.equals(IpAddress.parse(other.bytes)));
        out.integer(order);
      }
    }
  } else if (request.path.equals('/sets')) {
    for (let question = body.first(); question.exists; question = question.next()) {
      const set = new CidrSet();
      out.beginArray().beginArray();
      const networks = question.get('networks');
      for (let network = networks.first(); network.exists; network = network.next()) {
        assert(set.add(network.bytes) == (set.problem.length == 0));
        out.text(set.problem);
      }
      out.endArray();
      contained(out, set, question.get('addresses'));
      out.endArray();
    }
  } else if (request.path.equals('/within')) {
    for (let network = body.first(); network.exists; network = network.next()) {
      out.bool(configured.containsNetwork(network.bytes));
    }
  } else {
    contained(out, request.path.equals('/special') ? SPECIAL : configured, body);
  }
  return respond(200).json(out.endArray().bytes);
}`;

export class IpGuest {
  readonly #chain: TestChain;

  private constructor(chain: TestChain) {
    this.#chain = chain;
  }

  /** @param networks what `configure` makes a set of */
  static async build(networks: readonly string[] = []): Promise<IpGuest> {
    const module = await buildInline(SOURCE, manifestOf({ phases: { request: { body: 'buffer' } } }));
    return new IpGuest(new TestChain([{ module, config: { networks }, memoryMb: 64 }]));
  }

  read(texts: readonly string[]): ReadAddress[] {
    const rows = this.#send('/read', texts) as [boolean, boolean, string, string][];
    return rows.map(([exists, isV4, text, bytes]) => ({ exists, isV4, text, bytes }));
  }

  /** Each address compared with each, row by row: -1, 0 or 1. */
  compare(texts: readonly string[]): number[] {
    return this.#send('/compare', texts) as number[];
  }

  ask(questions: readonly Question[]): SetAnswer[] {
    const rows = this.#send('/sets', questions) as [string[], boolean[]][];
    return rows.map(([problems, contained]) => ({ problems, contained }));
  }

  /** Which addresses lie in a network for special use. */
  special(addresses: readonly string[]): boolean[] {
    return (this.#send('/special', addresses) as boolean[][])[0]!;
  }

  /** Which addresses lie in a network of the config. */
  configured(addresses: readonly string[]): boolean[] {
    return (this.#send('/configured', addresses) as boolean[][])[0]!;
  }

  /** Which networks lie in one of the config. */
  within(networks: readonly string[]): boolean[] {
    return this.#send('/within', networks) as boolean[];
  }

  #send(target: string, body: unknown): unknown[] {
    const { client, failures } = this.#chain.exchange({ method: 'POST', target, body: JSON.stringify(body) });
    assert.deepEqual(failures, []);
    return JSON.parse(client!.text) as unknown[];
  }
}
