// Bodies through a listener over real sockets (HTTP/1.1): down, up, and both at once.
import type { Listener, ListenerOptions } from '../../core/listener/listener.js';
import { BodyStage } from '../support/body-stage.js';
import { RawClient } from '../support/raw-client.js';
import { testBothDirections } from './listener-both-directions.contract.js';
import { testDownloads } from './listener-downloads.contract.js';
import { testUploads } from './listener-uploads.contract.js';

/**
 * Runs the suites against listeners that `create` makes.
 * @param openClient opens a connection to one of them
 */
export function testListenerBodies(
  name: string,
  create: (options: ListenerOptions) => Listener,
  openClient: (port: number) => Promise<RawClient> = (port) => RawClient.open(port),
): void {
  testDownloads(name, new BodyStage(create, openClient));
  testUploads(name, new BodyStage(create, openClient));
  testBothDirections(name, new BodyStage(create, openClient));
}
