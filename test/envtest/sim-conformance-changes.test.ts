// What changes under an operator, in the model and on a real API server: its namespace is deleted, and the CRD lacks a
// field of the status that it writes. The same requests to both, the same answers.
import { expect, onTestFinished, test } from 'vitest';

import { relations, type Answer } from '../sim/conformance/answer.ts';
import { runScript, type Send } from '../sim/conformance/ask.ts';
import {
  type Ask,
  CLAIMS,
  FLEETS,
  HOLD,
  LEASES,
  RECORDS,
  SERVICES,
  apply,
  claim,
  finalizers,
  fleet,
  get,
  lease,
  merge,
  one,
  post,
  ready,
  record,
  service,
  status,
} from '../sim/conformance/steps.ts';
import { ModelServer } from '../sim/model/api-server.ts';
import type { Json } from '../sim/model/document.ts';
import { handle } from '../sim/model/http.ts';
import { connect } from '../../src/runtime/client/kube-client.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import { kubectlFor, newNamespace, sharedControlPlane, untilServed } from './start.ts';

const plane = sharedControlPlane();
const kubectl = kubectlFor(plane);
const { transport } = await connect({
  environment: { KUBECONFIG: plane.kubeconfigPath },
  userAgent: 'nodefleet-test/1',
});
const real: Send = (request) => transport.request(request);
const model =
  (server: ModelServer): Send =>
  async (request) =>
    handle(server, request, 'client');

const ask = (send: Send, namespace: string, steps: readonly Ask[]): Promise<readonly Answer[]> =>
  runScript(send, namespace, { name: 'changes', steps });

test('a namespace that ends lets nothing new in, and lets what is there be written', async () => {
  const namespace = await newNamespace(kubectl);
  const server = new ModelServer(() => Date.now());
  const held: readonly Ask[] = [apply(one(FLEETS), fleet({ metadata: { name: 'a', finalizers: [HOLD] } }))];
  const [before] = await ask(real, namespace, held);
  await ask(model(server), 'default', held);
  expect(before?.status).toBe(201);
  await kubectl(['delete', 'namespace', namespace, '--wait=false']);
  // Its controller deletes the fleet too, which that finalizer holds.
  await kubectl(['wait', '-n', namespace, 'nodedeployment/a', '--for=jsonpath={.metadata.deletionTimestamp}']);
  server.endNamespace();
  await ask(model(server), 'default', [() => ({ method: 'DELETE', path: one(FLEETS) })]);

  const steps: readonly Ask[] = [
    post(SERVICES, service()),
    post(CLAIMS, claim()),
    post(RECORDS, record()),
    post(LEASES, lease()),
    post(FLEETS, fleet({ metadata: { name: 'b' } })),
    apply(one(SERVICES), service()),
    apply(one(CLAIMS), claim()),
    apply(one(RECORDS), record()),
    apply(`${FLEETS}/b`, fleet({ metadata: { name: 'b' } })),
    apply(one(RECORDS), record(), 'm', '&dryRun=All'),
    // A version is of an object that is there: even so it is refused as new.
    apply(one(SERVICES), service({ resourceVersion: '1' })),
    get(one(SERVICES)),
    merge(status(one(FLEETS)), ready('True')),
    merge(one(FLEETS), finalizers()),
    get(one(FLEETS)),
  ];
  const [said, inModel] = [await ask(real, namespace, steps), await ask(model(server), 'default', steps)];
  expect(relations(inModel)).toEqual(relations(said));
  expect(said.map((answer) => answer.status)).toEqual([
    ...[403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403],
    ...[404, 200, 200, 404],
  ]);
});

const OLDER = 'older.nodefleet.dev';
const LACKED = 'updateRevision';

test('a CRD that lacks a field refuses it to who asks to be told, and drops it otherwise', async () => {
  await installOlder();
  const namespace = await newNamespace(kubectl);
  const server = new ModelServer(() => Date.now());
  server.lackedField = LACKED;
  const both = { status: { observedGeneration: 1, [LACKED]: 'r1' } };
  const known = { status: { observedGeneration: 2 } };
  const strictly = (body: Json): Ask => merge(`${status(one(FLEETS))}?fieldValidation=Strict`, body);
  const steps: readonly Ask[] = [
    post(FLEETS, fleet()),
    strictly(both),
    get(one(FLEETS)),
    merge(status(one(FLEETS)), both),
    get(one(FLEETS)),
    strictly(known),
    get(one(FLEETS)),
  ];
  const older: Send = (request) => real({ ...request, ...inGroup(request) });
  const [said, inModel] = [await ask(older, namespace, steps), await ask(model(server), 'default', steps)];
  const shown = (answers: readonly Answer[]): unknown =>
    answers.map(({ content, ...answer }) => [
      answer.status,
      answer.reason,
      content['about'],
      content['named'],
      content['status'],
    ]);
  expect(shown(inModel)).toEqual(shown(said));
  expect(said.map((answer) => answer.status)).toEqual([201, 422, 200, 200, 200, 200, 200]);
});

/** The kind as an older release might have it, in a group of its own: all tests share the real one. */
async function installOlder(): Promise<void> {
  const crd = JSON.parse(await kubectl(['get', 'crd', 'nodedeployments.nodefleet.dev', '-o=json']));
  const name = `nodedeployments.${OLDER}`;
  const [version] = crd.spec.versions;
  const { [LACKED]: _, ...properties } = version.schema.openAPIV3Schema.properties.status.properties;
  const schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      status: { type: 'object', properties },
    },
  };
  const versions = [{ ...version, additionalPrinterColumns: [], schema: { openAPIV3Schema: schema } }];
  const { scope, names } = crd.spec;
  const categories: string[] = [];
  await kubectl(['create', '-f', '-'], {
    apiVersion: crd.apiVersion,
    kind: crd.kind,
    metadata: { name },
    spec: { group: OLDER, scope, versions, names: { ...names, categories, shortNames: [] } },
  });
  onTestFinished(async () => void (await kubectl(['delete', 'crd', name, '--wait=false'])));
  await untilServed(kubectl, `crd/${name}`);
}

function inGroup({ path, body }: HttpRequest): Pick<HttpRequest, 'path' | 'body'> {
  const moved = (text: string): string => text.replace('nodefleet.dev/v1alpha1', `${OLDER}/v1alpha1`);
  return { path: moved(path), ...(body !== undefined && { body: moved(body) }) };
}
