// `make manifests`, `make deploy`, `make undeploy`: config/ on a cluster that exists.
//
//   node hack/deploy.ts manifests [--image I] [--namespaces A,B]     prints what deploy applies
//   node hack/deploy.ts deploy --kubeconfig FILE [--image I] [--namespaces A,B]
//   node hack/deploy.ts undeploy --kubeconfig FILE [--anyway]
//
// Exit codes: 1 for a failure, in one line on standard error; 2 for wrong arguments.
import { parseArgs } from 'node:util';

import { deploy } from './deploy/deploy.ts';
import { createKubectl } from './deploy/kubectl.ts';
import { renderManifests } from './deploy/manifests.ts';
import { undeploy } from './deploy/undeploy.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kubeconfig: { type: 'string', default: '' },
    image: { type: 'string', default: '' },
    namespaces: { type: 'string', default: '' },
    anyway: { type: 'boolean', default: false },
  },
});
const [command = ''] = positionals;
const options = { image: values.image, namespaces: values.namespaces.split(',').filter((name) => name !== '') };
const say = (line: string): void => {
  if (line !== '') console.log(line);
};

try {
  if (command === 'manifests') say(await renderManifests(await createKubectl(undefined), options));
  else if (values.kubeconfig === '') fail(`which cluster? make ${command} KUBECONFIG=path`, 2);
  else if (command === 'deploy') await deploy(await createKubectl(values.kubeconfig), options, say);
  else if (command === 'undeploy') await undeploy(await createKubectl(values.kubeconfig), values.anyway, say);
  else fail(`${command}: must be manifests, deploy or undeploy`, 2);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), 1);
}

function fail(message: string, code: number): void {
  console.error(`make ${command}: ${message}`);
  process.exitCode = code;
}
