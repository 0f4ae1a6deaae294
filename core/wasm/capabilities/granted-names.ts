// Things of the operator that a guest names in `configure` and then knows by number: upstreams, secrets.
import { GatewayError } from '../../errors.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';

const MOST_NAME_BYTES = 1024;

/** What is named, as messages say it. */
export interface NamedThing {
  /** `upstreams` */
  readonly plural: string;
  /** `calls the upstream` */
  readonly use: string;
  /** `grants.callouts` */
  readonly grant: string;
}

export class GrantedNames {
  readonly #memory: GuestMemory;
  readonly #thing: NamedThing;
  readonly #granted: readonly string[];
  #configuring = true;

  /** @param granted the place of a name is its id */
  constructor(memory: GuestMemory, thing: NamedThing, granted: readonly string[]) {
    this.#memory = memory;
    this.#thing = thing;
    this.#granted = granted;
  }

  endConfigure(): void {
    this.#configuring = false;
  }

  /**
   * The id of the name at an address of the guest.
   * @throws GuestAbort after `configure`; GatewayError SLUICE_FILTER_CAPABILITY, with both sides, when it was not granted
   */
  readonly find = (address: number, length: number): number => {
    const { plural, use, grant } = this.#thing;
    if (!this.#configuring) throw new GuestAbort(`${plural} are named in configure only`);
    const name = this.#memory.text(address, length, MOST_NAME_BYTES);
    const id = this.#granted.indexOf(name);
    if (id !== -1) return id;
    throw new GatewayError(
      'SLUICE_FILTER_CAPABILITY',
      `${use} ${JSON.stringify(name)}, its ${grant} have ${JSON.stringify(this.#granted)}`,
    );
  };
}
