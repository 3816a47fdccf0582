// What the operator itself reads of a pod template. The CRD has the API server's whole schema; where an older one is
// installed, or one that somebody has pruned, a template of another shape is told as any wrong field, and never reaches
// the domain. Everything else in it is the API server's to judge.
import { z } from 'zod';

import { limitOf } from './problems.ts';

const names = z.record(z.string(), z.string()).nullish();
const named = z.looseObject({ name: z.string() });
const container = z.looseObject({ name: z.string(), volumeMounts: z.array(named).nullish() });
const nodeSelectorTerm = z.looseObject({ matchFields: z.array(z.looseObject({})).optional() });

const shape = z.looseObject({
  metadata: z.looseObject({ labels: names, annotations: names }).nullish(),
  spec: z.looseObject({
    containers: z.array(container).nullish(),
    initContainers: z.array(container).nullish(),
    volumes: z.array(named).nullish(),
    terminationGracePeriodSeconds: z.int().min(0).nullish(),
    affinity: z
      .looseObject({
        nodeAffinity: z
          .looseObject({
            requiredDuringSchedulingIgnoredDuringExecution: z
              .looseObject({ nodeSelectorTerms: z.array(nodeSelectorTerm).min(1) })
              .nullish(),
          })
          .nullish(),
        podAffinity: z
          .looseObject({ requiredDuringSchedulingIgnoredDuringExecution: z.array(z.looseObject({})).nullish() })
          .nullish(),
      })
      .nullish(),
  }),
});

/** What is wrong with the shape: where, below the template, and what is so of a right one. */
export function shapeProblems(template: unknown): readonly { readonly path: PropertyKey[]; readonly limit: string }[] {
  const issues = shape.safeParse(template).error?.issues ?? [];
  return issues.map((issue) => ({ path: issue.path, limit: limitOf(issue) }));
}
