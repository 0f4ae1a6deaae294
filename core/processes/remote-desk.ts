// The admin listener as one of several processes has it: the supervisor's, which answers for all.
import type { AdminDesk, AdminSetup } from '../admin-listener.js';
import type { Link } from './link.js';
import type { ProcessQuestions, SupervisorQuestions } from './messages.js';

export class RemoteDesk implements AdminDesk {
  readonly #link: Link<ProcessQuestions, SupervisorQuestions>;
  #port = 0;

  constructor(link: Link<ProcessQuestions, SupervisorQuestions>) {
    this.#link = link;
  }

  get port(): number {
    return this.#port;
  }

  async open(setup: AdminSetup | null): Promise<void> {
    this.#port = await this.#link.ask('openAdmin', setup);
  }

  /** What the supervisor cannot take of it stands in its log. */
  update(setup: AdminSetup | null): void {
    this.#link.ask('updateAdmin', setup).catch(() => undefined);
  }

  async close(): Promise<void> {
    // It goes on for the others.
  }
}
