// Whether listeners let in more than they did, whatever the route.
import type { GatewayConfig, ListenerConfig } from '../../config/model.js';
import {
  both,
  CHANGED,
  compareSets,
  NARROWER,
  reversed,
  SAME,
  type Verdict,
  type Verdicts,
  WIDER,
} from './verdict.js';

type Listeners = Pick<GatewayConfig, 'listeners' | 'routes'>;

/** Listeners are the same by their name. What certificates and lists hold cannot be told, only where they are. */
export function compareListeners(before: Listeners, after: Listeners, verdicts: Verdicts): void {
  const old = new Map(before.listeners.map((listener) => [listener.name, listener]));
  const hasRules = [...before.routes, ...after.routes].some((route) => route.clientCertificate !== null);
  for (const listener of after.listeners) {
    const { name } = listener;
    const was = old.get(name);
    old.delete(name);
    if (was === undefined) {
      verdicts.add(serves(listener) ? WIDER : SAME, `listener ${name} added`);
      continue;
    }
    verdicts.add(compareServing(was, listener), `listener ${name} redirectToHttps`);
    verdicts.add(compareClientAuth(was, listener, hasRules), `listener ${name} clientAuth`);
    // Who else is believed gives clients other addresses, and filters judge by these.
    const isSame = compareSets(new Set(was.trustedProxies), new Set(listener.trustedProxies)) === SAME;
    verdicts.add(isSame ? SAME : CHANGED, `listener ${name} trustedProxies`);
    verdicts.add(
      was.proxyProtocol === listener.proxyProtocol ? SAME : CHANGED,
      `listener ${name} proxyProtocol`,
    );
  }
  for (const [name, listener] of old)
    verdicts.add(serves(listener) ? NARROWER : SAME, `listener ${name} removed`);
}

function serves({ redirectToHttps }: ListenerConfig): boolean {
  return redirectToHttps === null;
}

function compareServing(was: ListenerConfig, is: ListenerConfig): Verdict {
  if (serves(was) === serves(is)) return SAME;
  return serves(is) ? WIDER : NARROWER;
}

/**
 * Routes without a rule are out of reach without a certificate where one is required, those with a rule where none is
 * asked for.
 */
function compareClientAuth(was: ListenerConfig, is: ListenerConfig, hasRules: boolean): Verdict {
  const [before, after] = [was.tls?.clientAuth ?? null, is.tls?.clientAuth ?? null];
  let verdict: Verdict = SAME;
  if (before?.mode !== after?.mode) {
    if (before?.mode === 'require') verdict = WIDER;
    if (after?.mode === 'require') verdict = NARROWER;
    if (hasRules && before === null) verdict = both(verdict, WIDER);
    if (hasRules && after === null) verdict = both(verdict, NARROWER);
  }
  if (before === null || after === null) return verdict;
  const authorities = compareSets(new Set(before.ca), new Set(after.ca));
  return both(both(verdict, authorities), reversed(compareSets(new Set(before.crl), new Set(after.crl))));
}
