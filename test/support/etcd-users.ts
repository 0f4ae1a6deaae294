// Users of an etcd: each with a role of its own, and a password that is the same for all.
import { Etcd3 } from 'etcd3';
import type { EtcdCluster } from './etcd-process.js';

export const ETCD_PASSWORD = 'a password';

/** What a user may do with the keys that begin so. */
export interface EtcdGrant {
  readonly permission: 'Read' | 'Readwrite';
  readonly prefix: string;
}

/** Adds these users and `root`, as whom the cluster speaks from then on: whoever names no user is refused. */
export async function requireUsers(
  cluster: EtcdCluster,
  users: Readonly<Record<string, readonly EtcdGrant[]>>,
): Promise<void> {
  const client = new Etcd3({ hosts: `http://${cluster.endpoints[0]}` });
  try {
    for (const [name, grants] of Object.entries({ root: [], ...users })) {
      const role = await client.role(name).create();
      for (const { permission, prefix } of grants)
        await role.grant({ permission, range: client.range({ prefix }) });
      const user = await client.user(name).create(ETCD_PASSWORD);
      await user.addRole(name);
    }
    await client.auth.authEnable();
  } finally {
    client.close();
  }
  cluster.speakAs({ name: 'root', password: ETCD_PASSWORD });
}
