// The caches: what each watch event and each look-up of a reconcile costs, with five thousand pods of a thousand fleets.
import { test } from 'vitest';

import { BY_CLAIM, BY_DEPLOYMENT, podIndexes } from '../../src/controller/caches.ts';
import { projectPod } from '../../src/controller/projections.ts';
import { deployment, pod, STORAGE } from '../../src/domain/testing/build.ts';
import type { Pod } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/object.ts';
import { changesOfList } from '../../src/runtime/cache/change.ts';
import { Store } from '../../src/runtime/cache/store.ts';
import { measure } from './measure.ts';

const FLEETS = 1_000;
const MEMBERS = 5;

function pods(): readonly Stored<Pod>[] {
  return Array.from({ length: FLEETS }, (_, index) => {
    const owner = deployment({ storage: STORAGE, replicas: MEMBERS }, { name: `web-${index}`, uid: `uid-${index}` });
    return Array.from({ length: MEMBERS }, (_each, ordinal) => projectPod(pod(owner, ordinal)));
  }).flat();
}

test('store', async (context) => {
  const all = pods();
  const store = new Store<Pod>({ indexes: podIndexes });
  for (const one of all) store.put(one);
  const some = all.filter((_, index) => index % MEMBERS === 0);
  await measure(context, 'store: 1,000 pods replaced among 5,000, in three indexes', () => {
    for (const one of some) store.put(one);
    return store.size;
  });
  await measure(context, 'store: the pods of 1,000 fleets, by label and by claim', () => {
    let found = 0;
    for (let index = 0; index < FLEETS; index += 1) {
      found += store.byIndex(BY_DEPLOYMENT, `default/web-${index}`).length;
      found += store.byIndex(BY_CLAIM, `default/web-${index}-0`).length;
    }
    return found;
  });
  await measure(
    context,
    'store: a list of 5,000 pods compared with the stored ones',
    () => changesOfList(store.list(), all).length,
  );
  const raw = pod(deployment({ storage: STORAGE }), 0);
  await measure(context, 'store: 1,000 pods projected', () => {
    let claims = 0;
    for (let count = 0; count < 1_000; count += 1) claims += projectPod(raw).spec?.volumes?.length ?? 0;
    return claims;
  });
});
