// The structural schema of `spec.template`: the API server's own PodTemplateSpec, so that a typo is refused at apply and
// `kubectl explain` knows every field.
//
// No defaults, except where a list's key needs one: the server fills in the StatefulSet's own, and ours would fight them.
// Every list and string is bounded: the server then knows the worst cost of a rule, and refuses runaway input.
import { OWN_SCHEMA, type PinnedSchema, type PodTemplateSnapshot } from './pod-template-snapshot.ts';
import { intOrString, type StructuralSchema } from './structural-schema.ts';

type OwnSchema = (typeof OWN_SCHEMA)[number];
type Bounds = Pick<StructuralSchema, 'minItems' | 'maxItems' | 'maxLength' | 'maxProperties'>;

/** Bounds of everything that BOUNDS does not name. */
const MAX_ITEMS = 64;
const MAX_PROPERTIES = 64;
const MAX_LENGTH = 4096;

/** `Type.field`. Names and paths are bounded because rules compare them; arguments hold whole scripts. */
const BOUNDS: Readonly<Record<string, Bounds>> = {
  'PodSpec.containers': { minItems: 1, maxItems: 32 },
  'PodSpec.initContainers': { maxItems: 32 },
  'PodSpec.volumes': { maxItems: 128 },
  'Container.env': { maxItems: 512 },
  'Container.args': { maxItems: 512 },
  'Container.command': { maxItems: 512 },
  'Container.args[]': { maxLength: 65_536 },
  'Container.command[]': { maxLength: 65_536 },
  'Container.name': { maxLength: 63 },
  'EnvVar.value': { maxLength: 65_536 },
  'Volume.name': { maxLength: 63 },
  // Without a term there is none that the machine of a consumer could be put into.
  'NodeSelector.nodeSelectorTerms': { minItems: 1 },
  'VolumeMount.name': { maxLength: 63 },
  'VolumeMount.mountPath': { maxLength: 1024 },
};

/** As k8s.io/apimachinery resource.Quantity parses it; as controller-tools writes it into CRDs. */
const QUANTITY =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

const OWN: Readonly<Record<OwnSchema, StructuralSchema>> = {
  // Of a template's metadata only these two mean anything; a name or a finalizer there is a mistake.
  ObjectMeta: {
    type: 'object',
    properties: {
      labels: {
        description: 'Labels of the pods; nodefleet.dev/ is reserved.',
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 63 },
        maxProperties: MAX_PROPERTIES,
      },
      annotations: {
        description: 'Annotations of the pods; nodefleet.dev/ is reserved.',
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 65_536 },
        maxProperties: MAX_PROPERTIES,
      },
    },
  },
  Quantity: intOrString({ pattern: QUANTITY, maxLength: 64 }),
  IntOrString: intOrString({ maxLength: 64 }),
};

/** @throws Error when the snapshot holds something that has no structural form */
export function podTemplateSchema(snapshot: PodTemplateSnapshot): StructuralSchema {
  return { ...expand({ ref: 'PodTemplateSpec' }, '', snapshot), required: ['spec'] };
}

function expand(schema: PinnedSchema, path: string, snapshot: PodTemplateSnapshot): StructuralSchema {
  const { ref, properties, additionalProperties, items, default: _default, ...same } = schema;
  if (ref !== undefined) {
    // What a field says about itself beats what its type says.
    return { ...expandRef(ref, snapshot), ...same };
  }
  const expanded: StructuralSchema = { ...boundsOf(schema), ...same, ...BOUNDS[path] };
  if (properties) {
    expanded.properties = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, expand(field, `${path}.${name}`, snapshot)]),
    );
  }
  if (additionalProperties) expanded.additionalProperties = expand(additionalProperties, `${path}.*`, snapshot);
  if (items) expanded.items = withListKeys(expand(items, `${path}[]`, snapshot), schema, snapshot);
  return expanded;
}

function expandRef(ref: string, snapshot: PodTemplateSnapshot): StructuralSchema {
  const own = OWN_SCHEMA.find((name) => name === ref);
  // A copy: whoever adds a rule to one use of it must not add it to all.
  if (own !== undefined) return structuredClone(OWN[own]);
  const target = snapshot.schemas[ref];
  if (target === undefined) throw new Error(`pod template: the snapshot has no schema ${ref}`);
  return expand(target, ref, snapshot);
}

function boundsOf({ type, enum: values, additionalProperties }: PinnedSchema): Bounds {
  if (type === 'array') return { maxItems: MAX_ITEMS };
  if (type === 'string' && values === undefined) return { maxLength: MAX_LENGTH };
  return additionalProperties === undefined ? {} : { maxProperties: MAX_PROPERTIES };
}

/**
 * A key of a list map has to be required or to have a default. There, and only there, the published default stays; a key
 * with neither (`imagePullSecrets[].name`) becomes required.
 */
function withListKeys(item: StructuralSchema, list: PinnedSchema, snapshot: PodTemplateSnapshot): StructuralSchema {
  const optional = (list['x-kubernetes-list-map-keys'] ?? []).filter((key) => !item.required?.includes(key));
  if (optional.length === 0) return item;
  const published = snapshot.schemas[list.items?.ref ?? '']?.properties ?? {};
  const properties = { ...item.properties };
  const required = [...(item.required ?? [])];
  for (const key of optional) {
    const byDefault = published[key]?.default;
    if (byDefault === undefined) required.push(key);
    else properties[key] = { ...properties[key], default: byDefault };
  }
  return { ...item, properties, ...(required.length > 0 && { required }) };
}
