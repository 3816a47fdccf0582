// The layers of src/: who may import whom, and which packages. This is the only place that says so; the rule
// `nodefleet/layers` enforces it, and `make check` compares the copy in CLAUDE.md with it.

export type LayerName = 'kube' | 'api' | 'domain' | 'runtime' | 'plugin' | 'controller' | 'main';

/** Leave to import a package. */
export interface PackageGrant {
  /** A package name; `node:*` means all of Node's own modules. */
  readonly name: string;
  /** Only `import type`. */
  readonly isTypesOnly?: true;
  /** The one file that may, below src/. Absent: all of the layer. */
  readonly file?: string;
}

export interface Layer {
  readonly name: LayerName;
  /** The layers it may import, besides itself. */
  readonly imports: readonly LayerName[];
  readonly packages: readonly PackageGrant[];
}

export const layers: readonly Layer[] = [
  {
    name: 'kube',
    imports: [],
    packages: [
      { name: '@kubernetes/client-node', isTypesOnly: true },
      { name: 'node:crypto', file: 'kube/hash.ts' },
    ],
  },
  { name: 'api', imports: ['kube'], packages: [{ name: 'zod' }] },
  { name: 'domain', imports: ['kube', 'api'], packages: [{ name: '@kubernetes/client-node', isTypesOnly: true }] },
  {
    name: 'runtime',
    imports: ['kube'],
    packages: [
      { name: 'node:*' },
      { name: '@kubernetes/client-node', isTypesOnly: true },
      { name: '@kubernetes/client-node', file: 'runtime/client/kube-client.ts' },
      { name: 'js-yaml', file: 'runtime/client/kube-client.ts' },
      { name: 'undici', isTypesOnly: true },
      { name: 'undici', file: 'runtime/client/undici-transport.ts' },
      { name: 'undici', file: 'runtime/client/tls-connector.ts' },
      { name: 'p-queue', file: 'runtime/queue/worker-pool.ts' },
      { name: 'pino', file: 'runtime/log.ts' },
      { name: 'pino-pretty', file: 'runtime/log.ts' },
      { name: 'prom-client', file: 'runtime/metrics/registry.ts' },
      { name: '@opentelemetry/api', file: 'runtime/tracing/otlp-tracer.ts' },
      { name: '@opentelemetry/exporter-trace-otlp-http', file: 'runtime/tracing/otlp-tracer.ts' },
      { name: '@opentelemetry/resources', file: 'runtime/tracing/otlp-tracer.ts' },
      { name: '@opentelemetry/sdk-trace', file: 'runtime/tracing/otlp-tracer.ts' },
    ],
  },
  {
    name: 'plugin',
    imports: ['kube', 'api', 'domain', 'runtime'],
    packages: [{ name: 'node:*' }, { name: 'zod' }],
  },
  { name: 'controller', imports: ['kube', 'api', 'domain', 'runtime'], packages: [] },
  {
    name: 'main',
    imports: ['kube', 'api', 'domain', 'runtime', 'controller'],
    packages: [{ name: 'node:*' }, { name: 'zod', file: 'options.ts' }],
  },
];

/** The layer of a file, by its path from the top of the repository; files directly in src/ are `main`. */
export function layerOf(path: string): Layer | undefined {
  const [top, folder, ...below] = path.split('/');
  if (top !== 'src' || folder === undefined) return undefined;
  return layers.find(({ name }) => name === (below.length === 0 ? 'main' : folder));
}

/** Whether a file exists only for tests: it may import test tools, and no other file may import it. */
export function isTestCode(path: string): boolean {
  return path.endsWith('.test.ts') || /^src\/.*\/testing\//.test(path);
}

/** Whether a file of `layer` at `path` may import a package, or one of Node's modules. */
export function mayUsePackage(layer: Layer, path: string, specifier: string, isTypeImport: boolean): boolean {
  return layer.packages.some(
    ({ name, isTypesOnly, file }) =>
      (name === 'node:*' ? specifier.startsWith('node:') : specifier === name || specifier.startsWith(`${name}/`)) &&
      (isTypesOnly === undefined || isTypeImport) &&
      (file === undefined || path === `src/${file}`),
  );
}

/** The table as Markdown, for CLAUDE.md. */
export function layerTable(): string {
  const rows = layers.map(({ name, imports, packages }) => {
    const imported = imports.length === layers.length - 1 ? 'all' : imports.join(', ') || 'nothing';
    return `| ${name} | ${imported} | ${packages.map(describeGrant).join(', ') || '–'} |`;
  });
  return ['| layer | may import | packages |', '|---|---|---|', ...rows].join('\n');
}

function describeGrant({ name, isTypesOnly, file }: PackageGrant): string {
  const place = file === undefined ? '' : ` (${file.slice(file.lastIndexOf('/') + 1)})`;
  return `${isTypesOnly ? 'types of ' : ''}${name}${place}`;
}
