// Read your own writes: a reconcile that would not see what the one before it wrote waits until the cache does.
import type { Kind } from '../kube/kinds.ts';
import type { ObjectKey, Stored } from '../kube/object.ts';

export interface OwnWrites {
  /** The next reconcile of `owner` has to see at least this version of the object. */
  expect(owner: ObjectKey, kind: Kind, stored: Stored): void;
  /** `pending`: the cache lags behind. `overdue`: it has for so long that the caller looks live instead. */
  state(owner: ObjectKey): 'seen' | 'pending' | 'overdue';
  /** Forgets what was expected: the owner is gone, or was looked at live. */
  forget(owner: ObjectKey): void;
}
