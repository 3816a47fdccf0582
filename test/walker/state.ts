// What the oracles read: the objects of one namespace, as the model has them, or as they were read from a real server.
import type { Kind } from '../../src/kube/kinds.ts';
import type { ObjectKey } from '../../src/kube/object.ts';
import type { Document } from '../sim/model/document.ts';

export interface ClusterState {
  get(kind: Kind, key: ObjectKey): Document | undefined;
  list(kind: Kind): readonly Document[];
}
