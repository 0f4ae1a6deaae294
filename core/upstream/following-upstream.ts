// An upstream whose redirects are followed: each hop is judged (redirect-rules.ts), dialled as a target is, and sent no
// more than it may see (redirect-request.ts). How a request reaches a place is BalancedUpstream's.
import assert from 'node:assert';
import { GatewayError } from '../errors.js';
import type { ClientTls } from '../tls/client-tls.js';
import { type BalancedOptions, BalancedUpstream, type OpenConnection } from './balanced-upstream.js';
import type { ResolveName } from './dial.js';
import { repeatAt } from './redirect-request.js';
import { describeUrl, isRedirect, RedirectRules, refused } from './redirect-rules.js';
import { UpstreamTally } from './tally.js';
import type {
  RedirectCounts,
  RedirectOptions,
  ResponseReceiver,
  TargetState,
  Upstream,
  UpstreamRequest,
  UpstreamResponse,
} from './upstream.js';

/** Places besides the targets whose connections are kept; a pattern of hosts may stand for any number of them. */
const MOST_PLACES = 32;

/** Where a chain of redirects has been. */
interface Trail {
  /** Method and URL of each request. */
  readonly asked: Set<string>;
  /** Origins that redirects led to. */
  readonly hops: string[];
  /** One of them was none of the targets: whoever it is chooses what comes after. */
  left: boolean;
}

/** A redirect that is followed. */
interface Step {
  readonly from: URL;
  readonly to: URL;
  readonly request: UpstreamRequest;
}

export class FollowingUpstream implements Upstream {
  readonly name: string;
  readonly tally: UpstreamTally;
  readonly #options: RedirectOptions;
  readonly #rules: RedirectRules;
  readonly #targets: BalancedUpstream;
  readonly #buildPlace: (origin: string) => BalancedUpstream;
  /** By origin; the one that was used last stands last. */
  readonly #places = new Map<string, BalancedUpstream>();
  /** Requests whose final response is not there yet. */
  #running = 0;
  #onIdle: (() => void) | null = null;
  #disposal: Promise<void> | null = null;

  /**
   * @param open    makes the connections
   * @param resolve finds the addresses of names; default the system
   * @throws GatewayError SLUICE_UPSTREAM_ADDRESS for a target that may not be written without `allowPrivate`
   */
  constructor(
    options: BalancedOptions,
    redirects: RedirectOptions,
    open?: OpenConnection,
    resolve?: ResolveName,
  ) {
    this.name = options.name;
    this.#options = redirects;
    this.#rules = new RedirectRules(
      options.targets.map(({ url }) => url),
      redirects,
    );
    this.#targets = new BalancedUpstream(options, open, resolve);
    this.tally = this.#targets.tally;
    const tls = options.tls === null ? null : tlsForStrangers(options.tls);
    this.#buildPlace = (url) => {
      const { allowPrivate } = redirects;
      const place: BalancedOptions = {
        ...options,
        targets: [{ url, weight: 1 }],
        tally: new UpstreamTally([url]),
        healthCheck: null,
        allowPrivate,
        protocol: 'http1',
        tls,
      };
      return new BalancedUpstream(place, open, resolve);
    };
  }

  get redirects(): RedirectCounts {
    return this.tally.redirects;
  }

  forward(request: UpstreamRequest): Promise<UpstreamResponse> {
    assert(this.#disposal === null, 'forward after dispose');
    return this.#run(request);
  }

  send(request: UpstreamRequest, receiver: ResponseReceiver): void {
    this.forward(request).then(
      (response) => receiver.onResponse(response),
      (error) => receiver.onFailure(error),
    );
  }

  states(): TargetState[] {
    return this.#targets.states();
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #run(request: UpstreamRequest): Promise<UpstreamResponse> {
    this.#running++;
    try {
      return await this.#follow(request);
    } finally {
      this.#running--;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  async #follow(first: UpstreamRequest): Promise<UpstreamResponse> {
    let response = await this.#targets.forward(first);
    if (!isRedirect(response)) return response;
    let request = first;
    const trail: Trail = { asked: new Set(), hops: [], left: false };
    while (isRedirect(response)) {
      const step = this.#step(request, response, trail);
      if (step === null) {
        this.tally.redirects.passed++;
        break;
      }
      response.body?.cancel(new GatewayError('SLUICE_UPSTREAM_REDIRECT', 'the redirect is followed'));
      if (step.request.body === null) {
        request.body?.cancel(new GatewayError('SLUICE_UPSTREAM_REDIRECT', 'the redirect takes no body'));
      }
      response = await this.#hop(step);
      this.tally.redirects.followed++;
      trail.hops.push(step.to.origin);
      request = step.request;
    }
    return { ...response, hops: trail.hops };
  }

  /**
   * What to ask next; null when the client has to.
   * @throws GatewayError SLUICE_UPSTREAM_REDIRECT
   */
  #step(request: UpstreamRequest, response: UpstreamResponse, trail: Trail): Step | null {
    const from = urlOf(request, response);
    trail.asked.add(`${request.method} ${from}`);
    try {
      const to = this.#rules.judge(from, response.headers);
      trail.left ||= !this.#rules.isTarget(to.origin);
      const next = repeatAt(to, request, response.status, trail.left);
      if (next === null) return null;
      if (trail.asked.has(`${next.method} ${to}`)) throw refused(from, `it leads back to ${describeUrl(to)}`);
      const { most } = this.#options;
      if (trail.hops.length === most)
        throw refused(from, `redirects.most allows ${most}, and this is one more`);
      return { from, to, request: next };
    } catch (cause) {
      const error = GatewayError.from(cause);
      this.tally.redirects.refused++;
      response.body?.cancel(error);
      request.body?.cancel(error);
      throw error;
    }
  }

  /** @throws GatewayError SLUICE_UPSTREAM_* */
  async #hop({ from, to, request }: Step): Promise<UpstreamResponse> {
    try {
      if (this.#rules.isTarget(to.origin)) return await this.#targets.forwardTo(to.origin, request);
      return await this.#place(to.origin).forward(request);
    } catch (cause) {
      if (!(cause instanceof GatewayError) || cause.code !== 'SLUICE_UPSTREAM_ADDRESS') throw cause;
      this.tally.redirects.refused++;
      request.body?.cancel(cause);
      throw refused(from, `it leads to ${to.origin}`, cause);
    }
  }

  #place(origin: string): BalancedUpstream {
    const place = this.#places.get(origin) ?? this.#buildPlace(origin);
    this.#places.delete(origin);
    this.#places.set(origin, place);
    if (this.#places.size > MOST_PLACES) {
      const [oldest, idle] = this.#places.entries().next().value!;
      this.#places.delete(oldest);
      // Ends when the responses that it still brings have ended.
      void idle.dispose();
    }
    return place;
  }

  async #dispose(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await Promise.all([this.#targets, ...this.#places.values()].map((upstream) => upstream.dispose()));
  }
}

/**
 * Nobody besides the targets is shown our certificate, has their name and pins, or goes unverified. The authorities stay: who named
 * some trusts no others.
 */
function tlsForStrangers(tls: ClientTls): ClientTls {
  return { ...tls, serverName: null, identity: null, pins: [], insecureSkipVerify: false };
}

/** What was asked. Not resolved against the origin: a path may begin with two slashes. */
function urlOf({ target }: UpstreamRequest, { target: origin }: UpstreamResponse): URL {
  return new URL(target.startsWith('/') ? origin + target : origin);
}
