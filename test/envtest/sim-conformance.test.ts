// The model of the API server that the simulation stands on (test/sim/model), held against a real one: the same requests to
// both, the same answers. A divergence is a defect of the model, or one of its lies, which then belongs into its list.
import { randomBytes } from 'node:crypto';

import { afterAll, expect, test } from 'vitest';

import { relations } from '../sim/conformance/answer.ts';
import { runScript } from '../sim/conformance/ask.ts';
import { SCRIPTS } from '../sim/conformance/scripts.ts';
import { ModelServer } from '../sim/model/api-server.ts';
import { handle } from '../sim/model/http.ts';
import { connect } from '../../src/runtime/client/kube-client.ts';
import { sharedControlPlane } from './start.ts';

const environment = { KUBECONFIG: sharedControlPlane().kubeconfigPath };
const { transport } = await connect({ environment, userAgent: 'nodefleet-test/1' });
afterAll(() => transport.close());

/** Left to the end of the control plane: a namespace with finalizers in it takes long to go. */
async function makeNamespace(): Promise<string> {
  const name = `conformance-${randomBytes(4).toString('hex')}`;
  const body = JSON.stringify({ metadata: { name } });
  const headers = { 'content-type': 'application/json' };
  const { status } = await transport.request({ method: 'POST', path: '/api/v1/namespaces', headers, body });
  expect(status).toBe(201);
  return name;
}

test.concurrent.for(SCRIPTS)('the model answers as a real server does: $name', async (script, { expect }) => {
  const namespace = await makeNamespace();
  const server = new ModelServer(() => Date.now());
  const real = await runScript((request) => transport.request(request), namespace, script);
  const model = await runScript(async (request) => handle(server, request, 'client'), namespace, script);
  expect(relations(model)).toEqual(relations(real));
});
