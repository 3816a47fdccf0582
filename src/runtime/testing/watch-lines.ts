// Lines of a watch, and the objects in them, as an API server writes them.
import type { Kind } from '../../kube/kinds.ts';
import type { KubeObject, Stored } from '../../kube/object.ts';

export interface Widget extends KubeObject {
  readonly spec?: { readonly size?: number };
}

export const WIDGET: Kind<Widget> = {
  group: 'example.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  isNamespaced: true,
};

/** A widget at a version; its uid is its name's unless one is given, its namespace `a`. */
export function widget(name: string, resourceVersion: string | number, meta: object = {}): Stored<Widget> {
  const creationTimestamp = '2026-01-01T00:00:00Z';
  const metadata = {
    namespace: 'a',
    name,
    uid: `uid-${name}`,
    resourceVersion: `${resourceVersion}`,
    creationTimestamp,
  };
  return { apiVersion: 'example.dev/v1', kind: 'Widget', metadata: { ...metadata, ...meta } };
}

export function added(name: string, resourceVersion: number, meta?: object): object {
  return { type: 'ADDED', object: widget(name, resourceVersion, meta) };
}

export function modified(name: string, resourceVersion: number, meta?: object): object {
  return { type: 'MODIFIED', object: widget(name, resourceVersion, meta) };
}

export function deleted(name: string, resourceVersion: number, meta?: object): object {
  return { type: 'DELETED', object: widget(name, resourceVersion, meta) };
}

export function bookmark(resourceVersion: number): object {
  return { type: 'BOOKMARK', object: { metadata: { resourceVersion: `${resourceVersion}` } } };
}

/** The bookmark after which the initial events of a WatchList are complete. */
export function initialEventsEnd(resourceVersion: number): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { type: 'BOOKMARK', object: { metadata: { resourceVersion: `${resourceVersion}`, annotations } } };
}

/** How a server ends a watch whose version it has forgotten. */
export function expired(): object {
  return {
    type: 'ERROR',
    object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' },
  };
}

/** The answer to a list. */
export function listOf(resourceVersion: number, ...items: readonly Stored<Widget>[]): object {
  return { metadata: { resourceVersion: `${resourceVersion}` }, items };
}
