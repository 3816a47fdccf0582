// The kinds that the model serves, and the rules that a server has for each: what is filled in, what is refused, what
// is the spec of a generation.
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { specSchema } from '../../../src/api/v1alpha1/spec.ts';
import { statusSchema } from '../../../src/api/v1alpha1/status.ts';
import * as kinds from '../../../src/kube/kinds.ts';
import { parseNano } from '../../../src/kube/quantity.ts';
import { isObject, isSame, type Document, type Json } from './document.ts';
import { invalid, type ModelError, unfit } from './model-error.ts';

const { CLAIM, CONTROLLER_REVISION, POD, SERVICE, STATEFUL_SET } = kinds;
type Kind = kinds.Kind;

/** All that the operator knows. */
export const KINDS: readonly Kind[] = [
  NODE_DEPLOYMENT,
  ...Object.values(kinds).filter((value) => typeof value === 'object'),
];

/** Kinds whose objects count the changes of their spec. */
export const GENERATIONAL = new Set(['nodedeployments', 'statefulsets', 'poddisruptionbudgets']);
/** Kinds with a status that only the subresource writes. */
export const WITH_STATUS = new Set([
  'nodedeployments',
  'statefulsets',
  'poddisruptionbudgets',
  'pods',
  'persistentvolumeclaims',
  'persistentvolumes',
  'volumeattachments',
  'nodes',
  'services',
]);

const PVC_PROTECTION = 'kubernetes.io/pvc-protection';

/** What admission and defaulting make of a new object. */
export function admitted(kind: Kind, object: Json): Json {
  if (kind === CLAIM) {
    const metadata = isObject(object['metadata']) ? object['metadata'] : {};
    const finalizers = Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];
    const all = [...new Set([...finalizers, PVC_PROTECTION])];
    return { ...object, metadata: { ...metadata, finalizers: all }, status: { phase: 'Pending' } };
  }
  if (kind === POD) return { ...object, status: { phase: 'Pending' } };
  if (kind === SERVICE) return { ...object, status: { loadBalancer: {} } };
  return object;
}

/** The object with the defaults of its schema. @throws ModelError 422 */
export function defaulted(kind: Kind, name: string, object: Json): Json {
  if (kind === SERVICE) return withoutEmptyPorts(object);
  if (kind !== NODE_DEPLOYMENT) return object;
  const parsed = specSchema.safeParse(object['spec']);
  if (!parsed.success) throw unfit(kind, name, fieldsOf('spec', parsed.error.issues));
  return { ...object, spec: JSON.parse(JSON.stringify(parsed.data)) };
}

/** A list of no ports is none. */
function withoutEmptyPorts(object: Json): Json {
  const { ports, ...spec } = isObject(object['spec']) ? object['spec'] : {};
  return Array.isArray(ports) && ports.length === 0 ? { ...object, spec } : object;
}

const strictStatus = statusSchema.strict();

/** @throws ModelError 422 */
export function validateStatus(kind: Kind, name: string, status: unknown): void {
  if (kind !== NODE_DEPLOYMENT || status === undefined) return;
  const parsed = strictStatus.safeParse(status);
  if (parsed.success) return;
  const { issues } = parsed.error;
  // The server tells of what it does not know as of the patch.
  if (issues.every(({ code }) => code === 'unrecognized_keys')) throw unfit(kind, '', ['patch']);
  throw unfit(kind, name, fieldsOf('status', issues));
}

/** `conditions[0].reason` below the root: where a value does not fit. */
function fieldsOf(root: string, issues: readonly { readonly path: readonly PropertyKey[] }[]): readonly string[] {
  return issues.map(({ path }) =>
    path.reduce<string>((at, step) => (typeof step === 'number' ? `${at}[${step}]` : `${at}.${String(step)}`), root),
  );
}

/** @throws ModelError 422 for what may not change, or may not be at all. */
export function validate(kind: Kind, before: Document | undefined, after: Json, name: string): void {
  const problem = problemOf(kind, before, after, name);
  if (problem !== undefined) throw problem;
}

const part = (object: Json | undefined, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, field) => (isObject(value) ? value[field] : undefined), object);

function problemOf(kind: Kind, before: Document | undefined, after: Json, name: string): ModelError | undefined {
  const isChanged = (...path: readonly string[]): boolean =>
    before !== undefined && !isSame(part(before, ...path) ?? null, part(after, ...path) ?? null);
  if (kind === STATEFUL_SET) {
    const containers = part(after, 'spec', 'template', 'spec', 'containers');
    if (!Array.isArray(containers) || containers.length === 0) {
      return invalid(kind, name, 'spec.template.spec.containers', 'Required value');
    }
    // The convention of the tests: a server that has an admission policy against these images.
    if (containers.some((one) => String(part(one as Json, 'image')).startsWith('refused:'))) {
      return invalid(kind, name, 'spec.template.spec.containers[0].image', 'refused');
    }
    for (const field of ['selector', 'serviceName', 'podManagementPolicy', 'volumeClaimTemplates']) {
      if (isChanged('spec', field)) return invalid(kind, name, 'spec', 'Forbidden: updates to statefulset spec');
    }
  }
  if (kind === CONTROLLER_REVISION && isChanged('data')) return invalid(kind, name, 'data', 'field is immutable');
  if (kind === CLAIM && before !== undefined) return claimProblem(kind, before, after, name);
  return undefined;
}

const REQUEST = ['spec', 'resources', 'requests', 'storage'];

function claimProblem(kind: Kind, before: Document, after: Json, name: string): ModelError | undefined {
  const isBinding = part(before, 'spec', 'volumeName') === undefined;
  for (const field of ['accessModes', 'storageClassName', 'volumeName']) {
    const isSet = !(field === 'volumeName' && isBinding);
    if (isSet && !isSame(part(before, 'spec', field) ?? null, part(after, 'spec', field) ?? null)) {
      return invalid(kind, name, 'spec', 'Forbidden: spec is immutable after creation except resources.requests');
    }
  }
  const [was, is] = [part(before, ...REQUEST), part(after, ...REQUEST)].map((size) => parseNano(String(size)) ?? 0n);
  if (was === is || was === undefined || is === undefined) return undefined;
  const isBound = part(before, 'status', 'phase') === 'Bound';
  if (!isBound) return invalid(kind, name, 'spec', 'Forbidden: only dynamically provisioned and bound');
  const isLess = is < was;
  return isLess
    ? invalid(kind, name, REQUEST.join('.'), 'Forbidden: field can not be less than previous value')
    : undefined;
}
