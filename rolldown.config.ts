// dist/: the operator and the kubectl plugin, each one bundle with the packages that it uses; what is loaded only on
// demand (metrics, traces) is a file of its own. Why: docs/decisions/0013-dist-is-bundled.md.
//
// Not minified, with source maps: NODE_OPTIONS=--enable-source-maps gives stack traces by file and line of src/.
import { defineConfig } from 'rolldown';

/**
 * An `import` of node:http reads all of its exports, and one of them loads the undici inside of Node.js, which nobody here
 * uses: 2 MiB, and a tenth of a start. This is what `require` gives, which reads none.
 */
const httpAsRequired = {
  name: 'http-as-required',
  resolveId: (id: string) => (id === 'http' || id === 'node:http' ? '\0node:http.cjs' : undefined),
  load: (id: string) =>
    id === '\0node:http.cjs' ? `module.exports = process.getBuiltinModule('node:http');` : undefined,
};

const program = (main: string, dir: string) => ({
  input: { main },
  platform: 'node' as const,
  plugins: [httpAsRequired],
  // Types are checked by tsc, before.
  tsconfig: false,
  // Nothing in it works by being loaded. Without this, 700 models of the Kubernetes API come along: half the time of a start.
  treeshake: { moduleSideEffects: (id: string) => !id.includes('/node_modules/@kubernetes/client-node/') },
  output: { dir, cleanDir: true, sourcemap: true, chunkFileNames: '[name].js' },
});

export const OPERATOR = program('src/main.ts', 'dist');

export default defineConfig([OPERATOR, program('src/plugin/main.ts', 'dist/plugin')]);
