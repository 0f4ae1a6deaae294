// Which key holds what, below the prefix of a fleet. Releases and modules never change once their manifest is written.

/** Keys of one prefix. Names of channels, nodes and secrets are as `isChannelName` and the references of secrets have them. */
export class KeyLayout {
  readonly prefix: string;

  /** @param prefix without slashes at its ends */
  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** Prefix of the manifests of all releases. */
  get releases(): string {
    return `${this.prefix}/releases/`;
  }

  release(id: string): string {
    return `${this.releases}${id}/manifest`;
  }

  /** Where the chunks of one writing lie: two writings of the same release never share any. */
  releaseChunks(id: string, writing: string): string {
    return `${this.releases}${id}/${writing}/`;
  }

  get modules(): string {
    return `${this.prefix}/modules/`;
  }

  /** @param digest SHA-256 of the bytes, in hex */
  module(digest: string): string {
    return `${this.modules}${digest}/manifest`;
  }

  moduleChunks(digest: string, writing: string): string {
    return `${this.modules}${digest}/${writing}/`;
  }

  get channels(): string {
    return `${this.prefix}/channels/`;
  }

  channel(name: string): string {
    return `${this.channels}${name}`;
  }

  /** Written with every flip of any channel: who removes a release makes sure that nobody flipped meanwhile. */
  get lastFlip(): string {
    return `${this.prefix}/last-flip`;
  }

  /** Written with every manifest of a release: who removes modules makes sure that no release that needs them came. */
  get lastPublish(): string {
    return `${this.prefix}/last-publish`;
  }

  /** Written with every removal of modules and chunks: who publishes makes sure that nothing of it went meanwhile. */
  get lastPrune(): string {
    return `${this.prefix}/last-prune`;
  }

  get secrets(): string {
    return `${this.prefix}/secrets/`;
  }

  secret(name: string): string {
    return `${this.secrets}${name}`;
  }

  get nodes(): string {
    return `${this.prefix}/nodes/`;
  }

  node(name: string): string {
    return `${this.nodes}${name}`;
  }
}

const CHANNEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** 1 to 63 letters, digits, ".", "_" and "-", the first a letter or digit. */
export function isChannelName(name: string): boolean {
  return CHANNEL.test(name);
}
