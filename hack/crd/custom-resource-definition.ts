// The CustomResourceDefinition of NodeDeployment, from its zod schemas, its rules and the pod template's real schema.
import { GROUP, VERSION } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { RULES } from '../../src/api/v1alpha1/rules.ts';
import { specSchema } from '../../src/api/v1alpha1/spec.ts';
import { statusSchema } from '../../src/api/v1alpha1/status.ts';
import { consumerTemplateSchema } from './consumer-template.ts';
import { podTemplateSchema } from './pod-template.ts';
import { readSnapshot } from './pod-template-snapshot.ts';
import { schemaAt, type StructuralSchema } from './structural-schema.ts';
import { fromZod } from './zod-schema.ts';

const PRINTER_COLUMNS = [
  { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas', description: 'Members wanted.' },
  { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas', description: 'Members whose pod is Ready.' },
  {
    name: 'Updated',
    type: 'integer',
    jsonPath: '.status.updatedReplicas',
    description: 'Members that run the revision of the template.',
  },
  {
    name: 'Status',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    description: 'Reason of the condition Ready.',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  {
    name: 'Revision',
    type: 'string',
    jsonPath: '.status.updateRevision',
    description: 'Revision of the template.',
    priority: 1,
  },
  { name: 'Storage', type: 'string', jsonPath: '.spec.storage.size', description: 'Size of each claim.', priority: 1 },
  {
    name: 'Consumers',
    type: 'integer',
    jsonPath: '.status.readyConsumers',
    description: 'Consumers that run, or wait for their next run.',
    priority: 1,
  },
  {
    name: 'Stalled',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Stalled")].reason',
    description: 'Reason of the condition Stalled.',
    priority: 1,
  },
];

/** The manifest, as plain data. Reads the pinned pod template; no other input. */
export function nodeDeploymentCrd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${NODE_DEPLOYMENT.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        categories: ['all'],
        kind: NODE_DEPLOYMENT.kind,
        listKind: `${NODE_DEPLOYMENT.kind}List`,
        plural: NODE_DEPLOYMENT.plural,
        shortNames: ['nd'],
        singular: NODE_DEPLOYMENT.kind.toLowerCase(),
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema: objectSchema() },
          subresources: {
            scale: {
              labelSelectorPath: '.status.selector',
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
            },
            status: {},
          },
        },
      ],
    },
  };
}

function objectSchema(): StructuralSchema {
  const spec = fromZod(specSchema);
  const template = { ...podTemplateSchema(readSnapshot()), ...spec.properties?.['template'] };
  const schema: StructuralSchema = {
    description: 'A fleet of members: each is one stateful process with one volume of its own.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { ...spec, properties: { ...spec.properties, template } },
      status: fromZod(statusSchema),
    },
  };
  const consumer = schemaAt(schema, 'spec.consumers[]');
  consumer.properties = {
    ...consumer.properties,
    template: { ...consumerTemplateSchema(readSnapshot()), ...consumer.properties?.['template'] },
  };
  for (const { at, ...rule } of RULES) {
    const target = schemaAt(schema, at);
    target['x-kubernetes-validations'] = [...(target['x-kubernetes-validations'] ?? []), rule];
  }
  return schema;
}
