// All that an installation takes, as one text: config/ with an image and, on request, for single namespaces.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { Kubectl } from './kubectl.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** kustomize takes folders of its own tree alone. Ignored by git. */
const SCRATCH = join(ROOT, '.run');

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export interface ManifestOptions {
  /** `registry/nodefleet:tag`, with a digest or without; empty: that of config/manager. */
  readonly image: string;
  /** Empty: all, with a ClusterRole. */
  readonly namespaces: readonly string[];
}

interface Image {
  readonly name: string;
  readonly newName: string;
  readonly newTag?: string;
  readonly digest?: string;
}

/** `registry:5000/nodefleet:1.2` → name, tag. @throws Error for what is no image */
export function parseImage(text: string): Image {
  const found = /^([a-zA-Z0-9][^\s@]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
  const [, newName = '', newTag, digest] = found ?? [];
  if (newName === '' || (newTag === undefined && digest === undefined)) {
    throw new Error(
      `IMG=${text}: must be an image with a tag or a digest, such as registry.example.com/nodefleet:0.1.0`,
    );
  }
  return { name: 'nodefleet', newName, ...(digest === undefined ? { newTag: newTag ?? '' } : { digest }) };
}

/** What `kubectl apply` takes. @throws Error with what kustomize says */
export async function renderManifests(kubectl: Kubectl, options: ManifestOptions): Promise<string> {
  const image = options.image === '' ? undefined : parseImage(options.image);
  mkdirSync(SCRATCH, { recursive: true });
  const folder = mkdtempSync(join(SCRATCH, 'install-'));
  try {
    const overlay = { ...overlayFor(options.namespaces, folder), ...(image && { images: [image] }) };
    writeKustomization(folder, overlay);
    return await kubectl(['kustomize', folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As config/default, or as config/namespaced for these namespaces. */
function overlayFor(namespaces: readonly string[], folder: string): object {
  if (namespaces.length === 0) return { resources: ['../../config/default'] };
  for (const namespace of namespaces) {
    if (!NAME.test(namespace)) throw new Error(`NAMESPACES: ${namespace} cannot be the name of a namespace`);
    writeKustomization(join(folder, namespace), { namespace, resources: ['../../../config/rbac/namespace'] });
  }
  const parts = ['manager/namespace', 'crd', 'rbac', 'rbac/cluster-reads', 'manager', 'admission'];
  const value = [`--namespaces=${namespaces.join(',')}`];
  return {
    resources: [...parts.map((part) => `../../config/${part}`), ...namespaces],
    patches: [
      {
        target: { kind: 'Deployment', name: 'nodefleet-operator' },
        patch: stringify([{ op: 'add', path: '/spec/template/spec/containers/0/args', value }]),
      },
    ],
  };
}

function writeKustomization(folder: string, content: object): void {
  mkdirSync(folder, { recursive: true });
  const head = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
  writeFileSync(join(folder, 'kustomization.yaml'), stringify({ ...head, ...content }));
}
