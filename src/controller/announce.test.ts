import { expect, test } from 'vitest';

import { fleetEvent } from '../domain/events/catalogue.ts';
import { deployment } from '../domain/testing/build.ts';
import type { Occurrence } from '../runtime/events/occurrence.ts';
import { RecordingLogger } from '../runtime/testing/recording-log.ts';
import { createAnnounce } from './announce.ts';

test('what happened to a member is recorded on the NodeDeployment, by uid, and said at level debug', () => {
  const recorded: Occurrence[] = [];
  const announce = createAnnounce({ record: (occurrence) => recorded.push(occurrence) });
  const log = new RecordingLogger();
  const related = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web-0-0', uid: 'p' };
  announce(deployment(), [fleetEvent('HandoffStarted', 'stops', { member: 'web-0', related })], log);
  expect(recorded).toEqual([
    {
      regarding: {
        apiVersion: 'nodefleet.dev/v1alpha1',
        kind: 'NodeDeployment',
        namespace: 'default',
        name: 'web',
        uid: 'web-uid',
      },
      related,
      type: 'Normal',
      reason: 'HandoffStarted',
      action: 'HandOff',
      note: 'web-0: stops',
    },
  ]);
  expect(log.lines).toMatchObject([{ level: 'debug', fields: { reason: 'HandoffStarted', member: 'web-0' } }]);
});
