import { noClusterWriteRule } from './no-cluster-write.ts';
import { ruleTester } from './rule-tester.ts';

const filename = 'src/controller/observe.ts';
const invalid = (name: string, code: string) => ({
  name,
  filename,
  code,
  errors: [{ message: /add an action to the plan/ }],
});

ruleTester.run('no-cluster-write', noClusterWriteRule, {
  valid: [
    {
      name: 'lets execute.ts write',
      filename: 'src/controller/execute.ts',
      code: `import type { ObjectWriter } from '../runtime/client/interfaces.ts'; await writer.apply(kind, object, fence, 'm');`,
    },
    {
      name: 'lets the runtime write',
      filename: 'src/runtime/leader-election.ts',
      code: `await writer.apply(kind, lease, fence, 'm');`,
    },
    {
      name: 'lets main name the type',
      filename: 'src/main.ts',
      code: `import type { ObjectWriter } from './runtime/client/interfaces.ts';`,
    },
    { name: 'takes delete of a map', filename, code: `members.delete(name); f.apply(x);` },
    { name: 'takes other members of a writer', filename, code: `writer.close();` },
    {
      name: 'takes reads',
      filename,
      code: `import type { ObjectReader } from '../runtime/client/interfaces.ts'; reader.get(kind, key);`,
    },
    { name: 'lets edits.ts write', filename: 'src/plugin/edits.ts', code: `send({ method: 'PATCH' });` },
    { name: 'lets the plugin read', filename: 'src/plugin/fleet.ts', code: `send({ method: 'GET' });` },
    {
      name: 'lets tests write',
      filename: 'src/controller/observe.test.ts',
      code: `await writer.delete(kind, key, p);`,
    },
  ],
  invalid: [
    invalid('refuses apply', `await writer.apply(kind, object, fence, 'm');`),
    invalid('refuses delete on a field', `await this.writer.delete(kind, key, p);`),
    invalid('refuses delete on a private field', `class A { #writer; f() { return this.#writer.delete(); } }`),
    invalid('refuses a computed member', `await clients['objectWriter']['patchFinalizers'](kind, base, []);`),
    invalid('refuses destructuring', `const { apply } = writer;`),
    invalid('refuses the type', `import type { ObjectWriter } from '../runtime/client/interfaces.ts';`),
    {
      name: 'refuses a write of the plugin outside of edits.ts',
      filename: 'src/plugin/fleet.ts',
      code: `send({ method: 'DELETE' });`,
      errors: [{ message: /add a function to src\/plugin\/edits\.ts/ }],
    },
    { ...invalid('refuses a write in main', `writer.apply();`), filename: 'src/main.ts' },
  ],
});
