// The only writes of the plugin. Each is what a person asked for, on an object that was read, and conditional on it.
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { CLAIM, type PodTemplate, type StoredClaim } from '../kube/kinds.ts';
import { keyOf } from '../kube/object.ts';
import { lockOf } from '../runtime/client/status.ts';
import { requestJson } from '../runtime/client/object-reader.ts';
import { objectPath, withQuery } from '../runtime/client/rest-path.ts';
import type { HttpRequest, Transport } from '../runtime/client/transport.ts';

/** Field manager of what the plugin changes: `kubectl get nd --show-managed-fields` tells it from an apply. */
const PLUGIN_FIELD_MANAGER = 'kubectl-nodefleet';

export interface Edits {
  /**
   * Sets `spec.rollout.paused`. Conditional on the uid alone: it is right whatever else has changed, and must not lose
   * against the status writes of a rollout under way.
   *
   * @throws ApiError 409 when the name belongs to another fleet by now
   */
  pauseRollout(base: StoredNodeDeployment, isPaused: boolean): Promise<StoredNodeDeployment>;
  /** Replaces `spec.template` as a whole. @throws ApiError 409 `Conflict` when `base` has changed in any part */
  replaceTemplate(base: StoredNodeDeployment, template: PodTemplate): Promise<StoredNodeDeployment>;
  /** Deletes exactly the claim that was read. @throws ApiError 409 `Conflict` when it has changed in any part */
  deleteClaim(claim: StoredClaim): Promise<void>;
}

export function createEdits(transport: Transport): Edits {
  const patch = (base: StoredNodeDeployment, type: string, body: unknown): Promise<StoredNodeDeployment> => {
    const query = { fieldManager: PLUGIN_FIELD_MANAGER, fieldValidation: 'Strict' };
    const path = withQuery(objectPath(NODE_DEPLOYMENT, keyOf(base)), query);
    const headers = { 'content-type': `application/${type}+json` };
    const request: HttpRequest = { method: 'PATCH', path, headers, body: JSON.stringify(body) };
    return requestJson(transport, request);
  };
  return {
    pauseRollout: (base, isPaused) =>
      patch(base, 'merge-patch', { metadata: { uid: base.metadata.uid }, spec: { rollout: { paused: isPaused } } }),
    replaceTemplate: (base, template) =>
      patch(base, 'json-patch', [
        // The API server refuses the result if this is not the version that it has.
        { op: 'replace', path: '/metadata/resourceVersion', value: lockOf(base) },
        { op: 'replace', path: '/spec/template', value: template },
      ]),
    deleteClaim: async (claim) => {
      const preconditions = { uid: claim.metadata.uid, resourceVersion: lockOf(claim) };
      await requestJson(transport, {
        method: 'DELETE',
        path: objectPath(CLAIM, keyOf(claim)),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions }),
      });
    },
  };
}
