// After step 7: tells people what happened, as Events on the NodeDeployment. The only code that holds an event recorder.
//
// Called strictly after the status is stored, or after the write that no status tells of: whoever reads an Event finds
// its cause there already. It writes nothing by itself and waits for nothing; an API server that refuses Events changes
// nothing else.
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { FleetEvent } from '../domain/events/catalogue.ts';
import { referenceOf } from '../kube/object-reference.ts';
import type { EventRecorder } from '../runtime/events/event-queue.ts';
import type { Logger } from '../runtime/log.ts';

export type Announce = (deployment: StoredNodeDeployment, events: readonly FleetEvent[], log: Logger) => void;

export function createAnnounce(recorder: EventRecorder): Announce {
  return (deployment, events, log) => {
    const regarding = referenceOf(NODE_DEPLOYMENT, deployment);
    for (const { member, ...event } of events) {
      log.debug({ step: 'announce', type: event.type, reason: event.reason, member }, event.note);
      recorder.record({ regarding, ...event });
    }
  };
}
