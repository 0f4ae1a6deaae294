// A store in whose way somebody else comes: what they do happens right before a commit, for races that always happen.
import type { Condition, KeyValueStore, Write } from '../../core/etcd/key-value-store.js';

/**
 * @param others called before each commit that fits, as often as it may; what it does happens before the commit
 */
export function interleaved(
  store: KeyValueStore,
  others: { fits: (writes: readonly Write[]) => boolean; times: number; act: () => Promise<unknown> },
): KeyValueStore {
  let left = others.times;
  const commit = async (conditions: readonly Condition[], writes: readonly Write[]): Promise<boolean> => {
    if (left > 0 && others.fits(writes)) {
      left -= 1;
      await others.act();
    }
    return store.commit(conditions, writes);
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
