// A guest with public keys from its config, which answers about many signatures in one exchange.
import { type Answer, BatchGuest, type Input } from './batch-guest.js';

export type SignatureCase = readonly [data: Input, signature: Input];

export class PublicKeyGuest {
  readonly #guest: BatchGuest;

  private constructor(guest: BatchGuest) {
    this.#guest = guest;
  }

  /** @param members those of a JSON Web Key that `fromJwk` of the class takes, in its order */
  static async build(name: string, members: readonly [string, string]): Promise<PublicKeyGuest> {
    const [first, second] = members.map((member) => `jwk.get('${member}').bytes`);
    const guest = await BatchGuest.build({
      imports: [name, 'Json'],
      functions: `
        const keys: Array<${name} | null> = [];
        export function configure(config: Json): void {
          for (let jwk = config.get('keys').first(); jwk.exists; jwk = jwk.next())
            keys.push(${name}.fromJwk(${first}, ${second}));
        }`,
      questions: { verifies: 'keys[0]!.verifySha256(a, b)', isKey: 'keys[a[0]] != null' },
      capabilities: ['crypto'],
    });
    return new PublicKeyGuest(guest);
  }

  /** What the key says to each. */
  verify(jwk: object, cases: readonly SignatureCase[]): Answer[] {
    return this.#guest.configured({ keys: [jwk] }).ask('verifies', cases);
  }

  verifyOne(jwk: object, data: Input, signature: Input): Answer {
    return this.verify(jwk, [[data, signature]])[0]!;
  }

  /** Which of them are keys; 256 at most. */
  areKeys(jwks: readonly object[]): Answer[] {
    return this.#guest.configured({ keys: jwks }).ask(
      'isKey',
      jwks.map((_, index) => [Buffer.from([index])]),
    );
  }
}
