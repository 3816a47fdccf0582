import { noStatusWriteRule } from './no-status-write.ts';
import { ruleTester } from './rule-tester.ts';

const filename = 'src/controller/execute.ts';
const invalid = (name: string, code: string, message: RegExp) => ({ name, filename, code, errors: [{ message }] });

ruleTester.run('no-status-write', noStatusWriteRule, {
  valid: [
    {
      name: 'lets status.ts call the method',
      filename: 'src/runtime/client/status.ts',
      code: `writer.mergePatchStatus(kind, key, patch);`,
    },
    {
      name: 'lets the client define the method and its path',
      filename: 'src/runtime/client/object-client.ts',
      code: 'export const w = { mergePatchStatus: () => send(`${path}/status`) };',
    },
    {
      name: 'lets the report import and call patchStatus',
      filename: 'src/controller/report.ts',
      code: `import { patchStatus } from '../runtime/client/status.ts'; await patchStatus(writer, kind, base, status);`,
    },
    { name: 'takes an import from status.ts', filename, code: `import { lockOf } from '../runtime/client/status.ts';` },
    {
      name: 'takes words that only look like a path',
      filename,
      code: `export const x = ['/statusz', 'a/status-page', 'Status'];`,
    },
    { name: 'takes a member called constructor', filename, code: `export const x = y.constructor;` },
    {
      name: 'lets tests write status',
      filename: 'src/runtime/client/status.test.ts',
      code: `w.mergePatchStatus(); get('/status');`,
    },
    { name: 'looks only at src/', filename: 'test/envtest/status.ts', code: `w.mergePatchStatus();` },
  ],
  invalid: [
    invalid('refuses the call, and names the replacement', `writer.mergePatchStatus();`, /call patchStatus/),
    invalid('refuses the method as a value', `export const f = writer.mergePatchStatus;`, /mergePatchStatus/),
    invalid('refuses the optional call', `writer?.mergePatchStatus?.();`, /mergePatchStatus/),
    invalid('refuses the computed member', `writer['mergePatchStatus']();`, /mergePatchStatus/),
    invalid('refuses the computed member as a template', 'writer[`mergePatchStatus`]();', /mergePatchStatus/),
    invalid('refuses destructuring', `const { mergePatchStatus: write } = writer;`, /mergePatchStatus/),
    invalid('refuses destructuring by a string', `const { ['mergePatchStatus']: write } = writer;`, /mergePatchStatus/),
    invalid('refuses destructuring of a parameter', `export function f({ mergePatchStatus }) {}`, /mergePatchStatus/),
    invalid('refuses a path in a string', `request('/apis/a/b/status');`, /\/status path/),
    invalid('refuses a path in a template', 'request(`${path}/status?fieldManager=x`);', /\/status path/),
    invalid(
      'refuses patchStatus under another name',
      `import { patchStatus as p } from '../runtime/client/status.ts';`,
      /summarize/,
    ),
    invalid(
      'refuses to pass patchStatus on',
      `export { patchStatus } from '../runtime/client/status.ts';`,
      /summarize/,
    ),
    invalid('refuses patchStatus as a member of its module', `status.patchStatus();`, /report\.ts writes it/),
  ],
});
