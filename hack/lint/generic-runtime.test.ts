import { genericRuntimeRule } from './generic-runtime.ts';
import { ruleTester } from './rule-tester.ts';

const filename = 'src/runtime/controller.ts';
const invalid = (code: string) => ({
  name: `refuses ${code}`,
  filename,
  code,
  errors: [{ message: /runtime never names NodeDeployment/ }],
});

ruleTester.run('generic-runtime', genericRuntimeRule, {
  valid: [
    { name: 'lets a comment name it', filename, code: `// as a NodeDeployment\nexport const x = 1;` },
    { name: 'takes other kinds', filename, code: `export const kind = 'Deployment';` },
    {
      name: 'looks only at the runtime',
      filename: 'src/controller/observe.ts',
      code: `export const kind = 'NodeDeployment';`,
    },
  ],
  invalid: [
    invalid(`export const kind = 'NodeDeployment';`),
    invalid(`export type T = NodeDeployment;`),
    invalid(`class A { #nodeDeployment; }`),
    invalid('export const path = `/apis/x/nodedeployments/${name}`;'),
    invalid(`import { nodeDeploymentKind } from './kinds.ts';`),
    invalid(`import { kind } from '../api/node-deployment.ts';`),
  ],
});
