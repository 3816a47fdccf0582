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

/**
 * What its index gives of undici, as far as it is used here and by client-node's KubeConfig. The index also loads fetch,
 * caches, web sockets and mocks: 0.7 MB of code, a quarter of a start.
 */
const UNDICI = `
  Object.assign(require('undici/lib/dispatcher/dispatcher.js').prototype, require('undici/lib/api/index.js'));
  exports.Pool = require('undici/lib/dispatcher/pool.js');
  exports.Agent = require('undici/lib/dispatcher/agent.js');
  exports.ProxyAgent = require('undici/lib/dispatcher/proxy-agent.js');
  exports.buildConnector = require('undici/lib/core/connect.js');
`;
const undiciInPart = {
  name: 'undici-in-part',
  resolveId: (id: string) => (id === 'undici' ? '\0undici.cjs' : undefined),
  load: (id: string) => (id === '\0undici.cjs' ? UNDICI : undefined),
};

const program = (main: string, dir: string) => ({
  input: { main },
  platform: 'node' as const,
  plugins: [httpAsRequired, undiciInPart],
  // Types are checked by tsc, before.
  tsconfig: false,
  // Nothing in it works by being loaded. Without this, 700 models of the Kubernetes API come along: half the time of a start.
  treeshake: { moduleSideEffects: (id: string) => !id.includes('/node_modules/@kubernetes/client-node/') },
  output: { dir, cleanDir: true, sourcemap: true, chunkFileNames: '[name].js' },
});

export const OPERATOR = program('src/main.ts', 'dist');

export default defineConfig([OPERATOR, program('src/plugin/main.ts', 'dist/plugin')]);
