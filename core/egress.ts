// What of the secrets of a revision is looked for, and where.
import type { EgressMode, GatewayConfig, RouteSettings } from './config/model.js';
import type { SecretValues } from './config/secret-values.js';
import { SecretScanner } from './secrets/secret-scanner.js';

/** How the responses of a route are held to the secrets of its revision. */
export interface EgressGuard {
  readonly scanner: SecretScanner;
  readonly mode: Exclude<EgressMode, 'off'>;
  readonly headers: boolean;
  readonly bodies: boolean;
}

/** Null where the configuration asks for none, or mentions no secrets. */
export function buildScanner(
  { secrets: { egress }, routes }: GatewayConfig,
  { byReference }: SecretValues,
): SecretScanner | null {
  const isAsked = egress.mode !== 'off' || routes.seeksSecrets;
  return isAsked && byReference.size > 0 ? new SecretScanner(byReference) : null;
}

/** Null where the responses of the route are not looked at. */
export function buildGuard(
  scanner: SecretScanner | null,
  { secrets }: GatewayConfig,
  { secretEgress: mode }: RouteSettings,
): EgressGuard | null {
  const { headers, bodies } = secrets.egress;
  return scanner === null || mode === 'off' || !(headers || bodies)
    ? null
    : { scanner, mode, headers, bodies };
}

/** Takes the values of secrets out of texts for people: in any spelling where there is a scanner, else as they are. */
export function buildRedactor(
  scanner: SecretScanner | null,
  secrets: SecretValues,
): (text: string) => string {
  return scanner === null
    ? (text) => secrets.redact(text)
    : (text) => scanner.redactText(secrets.redact(text));
}
