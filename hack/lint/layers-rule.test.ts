import { layersRule } from './layers-rule.ts';
import { ruleTester } from './rule-tester.ts';

const invalid = (name: string, filename: string, code: string, message: RegExp) => ({
  name,
  filename,
  code,
  errors: [{ message }],
});

ruleTester.run('layers', layersRule, {
  valid: [
    {
      name: 'takes a path inside a package',
      filename: 'src/api/v1alpha1/spec.ts',
      code: `import { z } from 'zod/mini';`,
    },
    {
      name: 'takes an import from a lower layer',
      filename: 'src/domain/plan.ts',
      code: `import { x } from '../kube/object.ts'; export type { Y } from '../api/v1alpha1/spec.ts';`,
    },
    { name: 'takes an import within a layer', filename: 'src/kube/object.ts', code: `import { x } from './kinds.ts';` },
    {
      name: 'takes types of client-node in kube',
      filename: 'src/kube/kinds.ts',
      code: `import type { V1Pod } from '@kubernetes/client-node';`,
    },
    {
      name: 'takes node:crypto in the hash',
      filename: 'src/kube/hash.ts',
      code: `import { createHash } from 'node:crypto';`,
    },
    { name: 'takes zod in api', filename: 'src/api/v1alpha1/spec.ts', code: `import { z } from 'zod';` },
    {
      name: 'takes client-node in kube-client.ts',
      filename: 'src/runtime/client/kube-client.ts',
      code: `import { KubeConfig } from '@kubernetes/client-node'; import { readFileSync } from 'node:fs';`,
    },
    {
      name: 'lets main import every layer',
      filename: 'src/main.ts',
      code: `import './options.ts'; import './controller/register.ts';`,
    },
    {
      name: 'lets tests import anything',
      filename: 'src/kube/a.test.ts',
      code: `import { test } from 'vitest'; import '../main.ts';`,
    },
    { name: 'looks only at src/', filename: 'hack/demo.ts', code: `import '../src/main.ts'; import 'zod';` },
    { name: 'takes an export without a source', filename: 'src/kube/object.ts', code: `export const x = 1;` },
  ],
  invalid: [
    invalid(
      'refuses an import from a higher layer',
      'src/domain/plan.ts',
      `import { x } from '../runtime/clock.ts';`,
      /Layer domain may not import layer runtime; it may import kube, api/,
    ),
    invalid(
      'refuses a type from a higher layer',
      'src/kube/a.ts',
      `import type { X } from '../api/v1alpha1/spec.ts';`,
      /Layer kube may not import layer api/,
    ),
    invalid('refuses export from', 'src/kube/a.ts', `export { x } from '../api/v1alpha1/spec.ts';`, /layer api/),
    invalid('refuses export all', 'src/kube/a.ts', `export * from '../api/v1alpha1/spec.ts';`, /layer api/),
    invalid('refuses import()', 'src/runtime/a.ts', `await import('../domain/plan.ts');`, /layer domain/),
    invalid('refuses a computed import()', 'src/runtime/a.ts', `await import(name);`, /plain string/),
    invalid(
      "refuses an import('…') type",
      'src/runtime/a.ts',
      `let x: import('../domain/plan.ts').Plan;`,
      /layer domain/,
    ),
    invalid(
      'refuses values of a package of which only types are allowed',
      'src/kube/a.ts',
      `import { V1Pod } from '@kubernetes/client-node';`,
      /types of @kubernetes\/client-node/,
    ),
    invalid(
      'refuses an inline type import, which leaves an import behind',
      'src/kube/a.ts',
      `import { type V1Pod } from '@kubernetes/client-node';`,
      /may not import/,
    ),
    invalid(
      'refuses a package outside of its one file',
      'src/runtime/queue/work-queue.ts',
      `import PQueue from 'p-queue';`,
      /p-queue in src\/runtime\/queue\/worker-pool.ts/,
    ),
    invalid('refuses a path inside a package', 'src/kube/a.ts', `import x from 'zod/v4';`, /may not import zod\/v4/),
    invalid(
      "refuses Node's modules in the domain",
      'src/domain/plan.ts',
      `import { readFileSync } from 'node:fs';`,
      /may not import node:fs/,
    ),
    invalid(
      'refuses node:crypto outside of the hash',
      'src/kube/object.ts',
      `import { createHash } from 'node:crypto';`,
      /may not import node:crypto/,
    ),
    invalid(
      'refuses any package in the controller',
      'src/controller/execute.ts',
      `import { z } from 'zod';`,
      /may: no package/,
    ),
    invalid(
      'refuses test code in a file that ships',
      'src/runtime/a.ts',
      `import './testing/fake.ts';`,
      /exists only for tests/,
    ),
    invalid('refuses files outside of src', 'src/main.ts', `import '../hack/demo.ts';`, /outside of src/),
  ],
});
