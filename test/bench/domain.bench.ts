// What a reconcile decides, and what it compares before it writes nothing: fleets at rest, of three members and of the
// most that there may be.
import { test } from 'vitest';

import { desire } from '../../src/domain/desired/desire.ts';
import { arrange } from '../../src/domain/observed.ts';
import { NOTHING_DONE } from '../../src/domain/outcome.ts';
import { plan } from '../../src/domain/plan.ts';
import { summarize } from '../../src/domain/summary/summary.ts';
import { deployment, NOW, running, settled, statefulSet, STORAGE } from '../../src/domain/testing/build.ts';
import { isApplied } from '../../src/kube/applied.ts';
import { canonicalJson, hashOf } from '../../src/kube/hash.ts';
import { mergePatchOf } from '../../src/kube/merge-patch.ts';
import { measure } from './measure.ts';

/** A fleet at rest, and all that a reconcile of it reads and makes. */
function atRest(replicas: number) {
  const fresh = deployment({ replicas, storage: STORAGE });
  const ordinals = Array.from({ length: replicas }, (_, ordinal) => ordinal);
  const readings = settled(fresh, ordinals);
  const desired = desire(fresh);
  const first = { ...arrange(fresh, NOW, readings), verdict: 'accepted' as const };
  const status = summarize(desired, first, plan(desired, first), NOTHING_DONE);
  const owner = { ...fresh, status };
  const observed = { ...arrange(owner, NOW, readings), verdict: 'accepted' as const };
  return { owner, readings, desired, observed, status };
}

test.for([3, 256])('domain, %d members', async (replicas, context) => {
  const { owner, readings, desired, observed, status } = atRest(replicas);
  const of = `of ${replicas} members`;
  await measure(context, `plan: arrange what was read ${of}`, () => arrange(owner, NOW, readings));
  await measure(context, `plan: desire a fleet ${of}`, () => desire(owner));
  await measure(context, `plan: plan a fleet ${of} at rest`, () => plan(desired, observed));
  const edited = deployment({ replicas, storage: STORAGE, template: running('app:2') });
  const newDesired = desire(edited);
  const outdated = { ...arrange({ ...edited, status }, NOW, readings), verdict: 'accepted' as const };
  await measure(context, `plan: plan the image change ${of}`, () => plan(newDesired, outdated));
  const still = plan(desired, observed);
  await measure(context, `plan: summarize a fleet ${of}`, () => summarize(desired, observed, still, NOTHING_DONE));
  const copy: unknown = JSON.parse(JSON.stringify(status));
  await measure(context, `diff: compare two equal statuses ${of}`, () => mergePatchOf(status, copy) ?? 'same');
  const changed = { ...status, readyReplicas: replicas - 1 };
  await measure(context, `diff: the patch of one field of a status ${of}`, () => mergePatchOf(status, changed));
});

test('diff', async (context) => {
  const owner = deployment({ storage: STORAGE });
  const [wanted, live] = [statefulSet(owner, 0), statefulSet(owner, 0)];
  await measure(context, 'diff: an applied StatefulSet', () => isApplied(wanted, live));
  await measure(context, 'diff: the hash of a pod template', () => hashOf(owner.spec.template));
  const numbers = Array.from({ length: 200 }, (_, index) => ({ id: (index * 7_919) % 200, name: `member-${index}` }));
  // What the others are divided by: a machine that is slower, or busier, is so for this one too.
  await measure(context, 'yardstick: a document of the same size made JSON of', () => canonicalJson(numbers));
});
