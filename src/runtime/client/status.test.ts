import { describe, expect, test } from 'vitest';

import type { Kind } from '../../kube/kinds.ts';
import type { KubeObject, Stored } from '../../kube/object.ts';
import { createScriptedTransport } from '../testing/scripted-transport.ts';
import type { ObjectReader, ObjectWriter, ResourceVersionLock, StatusWriter } from './interfaces.ts';
import { createObjectClient } from './object-client.ts';
import { lockOf, patchStatus } from './status.ts';

interface Widget extends KubeObject {
  readonly status?: {
    readonly ready?: number | undefined;
    readonly message?: string | undefined;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}
const WIDGET: Kind<Widget> = {
  group: 'example.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  isNamespaced: true,
};

function widget(status?: Widget['status'], resourceVersion = '41'): Stored<Widget> {
  const metadata = { name: 'w', namespace: 'a', uid: 'u', resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'example.dev/v1', kind: 'Widget', metadata, ...(status && { status }) };
}

function setUp(answer: object = widget({ ready: 9 }, '42')) {
  const transport = createScriptedTransport({ request: () => answer });
  const sent = () =>
    transport.requests.map(({ method, path, body = '' }) => ({ method, path, body: JSON.parse(body) }));
  return { transport, sent, client: createObjectClient(transport, { statusFieldManager: 'widget-status' }) };
}

describe('patchStatus', () => {
  test('sends one merge patch of what changed, locked on exactly the version of the base', async () => {
    const { client, sent, transport } = setUp({ body: widget({ ready: 2 }, '42') });
    const base = widget({ ready: 1, message: 'waiting', conditions: [] });
    const result = await patchStatus(client, WIDGET, base, { ready: 2, conditions: [] });
    expect(sent()).toEqual([
      {
        method: 'PATCH',
        path: '/apis/example.dev/v1/namespaces/a/widgets/w/status?fieldManager=widget-status&fieldValidation=Strict',
        body: { metadata: { resourceVersion: '41', uid: 'u' }, status: { ready: 2, message: null } },
      },
    ]);
    expect(transport.requests[0]?.headers).toEqual({ 'content-type': 'application/merge-patch+json' });
    expect(result).toEqual({ written: true, object: widget({ ready: 2 }, '42') });
  });

  test.for<[string, Widget['status'], NonNullable<Widget['status']>]>([
    ['the status is the same', { ready: 1, message: 'm' }, { message: 'm', ready: 1 }],
    ['the only difference is a field that is undefined', { ready: 1 }, { ready: 1, message: undefined }],
    ['there was no status and the new one is empty', undefined, {}],
  ])('sends nothing when %s', async ([, before, after]) => {
    const { client, sent } = setUp();
    const base = widget(before);
    const result = await patchStatus(client, WIDGET, base, after);
    expect(result).toEqual({ written: false, object: base });
    expect(result.object).toBe(base);
    expect(sent()).toEqual([]);
  });

  test.for([409, 404, 422, 500, 504])('sends a patch that is answered with %d once and throws', async (status) => {
    const { client, sent } = setUp({ status, body: { kind: 'Status', reason: 'Conflict', message: 'no' } });
    await expect(patchStatus(client, WIDGET, widget(), { ready: 1 })).rejects.toMatchObject({ code: status });
    expect(sent()).toHaveLength(1);
  });

  test.for<[string, unknown]>([
    ['empty', ''],
    ['0, which means any', '0'],
    ['undefined', undefined],
    ['null', null],
    ['a number', 41],
  ])('refuses a base whose version is %s, before sending', async ([, version]) => {
    const { client, sent } = setUp();
    const base = widget();
    Reflect.set(base.metadata, 'resourceVersion', version);
    await expect(patchStatus(client, WIDGET, base, { ready: 1 })).rejects.toThrow('has no resourceVersion to lock on');
    expect(sent()).toEqual([]);
  });
});

describe('the client below it', () => {
  test.for<[string, unknown]>([
    ['empty', ''],
    ['0', '0'],
    ['undefined', undefined],
    ['a number', 41],
  ])('refuses a lock that is %s, whatever the types said', async ([, version]) => {
    const { client, sent } = setUp();
    const metadata = { resourceVersion: lockOf(widget()), uid: 'u' };
    Reflect.set(metadata, 'resourceVersion', version);
    const patch = client.mergePatchStatus(WIDGET, { namespace: 'a', name: 'w' }, { metadata, status: {} });
    await expect(patch).rejects.toThrow('refused to write Widget w without the resourceVersion');
    expect(sent()).toEqual([]);
  });
});

/** Checked by the compiler: each line below is an error if it ever compiles. */
export const refusedByTheCompiler = [
  // @ts-expect-error a component that reads cannot write a status
  (reader: ObjectReader) => reader.mergePatchStatus,
  // @ts-expect-error a component that writes objects cannot write a status
  (writer: ObjectWriter) => writer.mergePatchStatus,
  // @ts-expect-error nor can it be passed on as a status writer
  (writer: ObjectReader & ObjectWriter): StatusWriter => writer,
  // @ts-expect-error any text is not a lock: only lockOf makes one
  (): ResourceVersionLock => '41',
  (writer: StatusWriter, key: { namespace: string; name: string }) =>
    // @ts-expect-error a status patch without the lock
    writer.mergePatchStatus(WIDGET, key, { metadata: { uid: 'u' }, status: {} }),
  (writer: StatusWriter, key: { namespace: string; name: string }, text: string) =>
    // @ts-expect-error a status patch with a version from elsewhere
    writer.mergePatchStatus(WIDGET, key, { metadata: { uid: 'u', resourceVersion: text }, status: {} }),
  (writer: StatusWriter, base: Widget) =>
    // @ts-expect-error a base that was not read from an API server
    patchStatus(writer, WIDGET, base, {}),
  (writer: ObjectWriter, object: Widget) =>
    // @ts-expect-error an apply without a fence
    writer.apply(WIDGET, object, undefined, 'm'),
  // @ts-expect-error a delete without preconditions
  (writer: ObjectWriter) => writer.delete(WIDGET, { namespace: 'a', name: 'w' }),
];
