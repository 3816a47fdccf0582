// The templates that a fleet has had, from the ControllerRevisions that the operator keeps. Pure.
import { z } from 'zod';

import { LABEL } from '../../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import type { PodTemplate, StoredControllerRevision } from '../../kube/kinds.ts';
import { controllerOf } from '../../kube/owner-references.ts';
import { isSameJson } from '../../kube/merge-patch.ts';

export interface Revision {
  /** Grows; a template that is used again moves to the newest number. */
  readonly number: number;
  /** Hash, as pods carry it. */
  readonly hash: string;
  readonly createdAt: string;
  /** As the user wrote it. */
  readonly template: PodTemplate;
}

const dataSchema = z.object({
  spec: z.object({
    template: z.custom<PodTemplate>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  }),
});

/** The revisions of this very fleet, newest first. One whose data cannot be read is left out. */
export function revisionsOf(
  deployment: StoredNodeDeployment,
  stored: readonly StoredControllerRevision[],
): readonly Revision[] {
  return stored
    .filter((revision) => controllerOf(revision)?.uid === deployment.metadata.uid)
    .flatMap(({ metadata, revision: number, data }) => {
      const parsed = dataSchema.safeParse(data);
      const hash = metadata.labels?.[LABEL.revision];
      if (!parsed.success || hash === undefined) return [];
      return [{ number, hash, createdAt: metadata.creationTimestamp, template: parsed.data.spec.template }];
    })
    .toSorted((a, b) => b.number - a.number);
}

/** The revision whose template the spec has; undefined while the operator has not kept it. */
export function currentRevision(
  deployment: StoredNodeDeployment,
  revisions: readonly Revision[],
): Revision | undefined {
  return revisions.find(({ template }) => isSameJson(template, deployment.spec.template));
}

/** The newest revision with another template than the spec's. */
export function previousRevision(
  deployment: StoredNodeDeployment,
  revisions: readonly Revision[],
): Revision | undefined {
  return revisions.find(({ template }) => !isSameJson(template, deployment.spec.template));
}

/** The images of all containers, in their order. */
export function imagesOf({ spec }: PodTemplate): readonly string[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ image }) => image ?? []);
}
