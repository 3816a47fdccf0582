// What `make build` and the image put together: the operator as it is shipped.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { rolldown, type OutputChunk } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { OPERATOR } from '../rolldown.config.ts';

const TOP = join(import.meta.dirname, '..');
/** No node_modules in or above it. */
const root = mkdtempSync(join(tmpdir(), 'nodefleet-bundle-'));
const folder = join(root, 'dist');
let chunks: readonly OutputChunk[] = [];

beforeAll(async () => {
  copyFileSync(join(TOP, 'package.json'), join(root, 'package.json'));
  await using bundle = await rolldown({ ...OPERATOR, cwd: TOP });
  const { output } = await bundle.write({ ...OPERATOR.output, dir: folder });
  chunks = output.filter((file) => file.type === 'chunk');
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The chunk and all that is loaded with it. */
function loadedWith(fileName: string, seen = new Set<OutputChunk>()): ReadonlySet<OutputChunk> {
  const chunk = chunks.find((each) => each.fileName === fileName);
  if (chunk === undefined || seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const name of chunk.imports) loadedWith(name, seen);
  return seen;
}

test('it runs, with nothing beside it but a package.json', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.js'), '--version'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^nodefleet \d+\.\d+\.\d+\n$/);
});

test('a start does not load the undici inside of Node.js: it has its own', () => {
  const tell = `process.on('exit', () => console.log(process.moduleLoadList.filter((name) => name.includes('deps/undici'))))`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, join(folder, 'main.js'), '--version'];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stdout).toMatch(/^nodefleet .*\n\[\]\n$/);
});

test('a start loads neither the models of the Kubernetes API nor what only metrics and traces need, nor all of undici', () => {
  const modules = [...loadedWith('program.js')].flatMap(({ moduleIds }) => moduleIds);
  const loaded = (pattern: RegExp): readonly string[] => modules.filter((id) => pattern.test(id));
  expect(loaded(/client-node\/dist\/config\.js$/)).toHaveLength(1);
  expect(loaded(/client-node\/dist\/gen\/models\//)).toEqual([]);
  expect(loaded(/node_modules\/(prom-client|@opentelemetry)\//)).toEqual([]);
  expect(loaded(/undici\/lib\/dispatcher\/pool\.js$/)).toHaveLength(1);
  expect(loaded(/undici\/(index\.js|lib\/(mock|cache|interceptor|web\/(websocket|cache|fetch\/index)))/)).toEqual([]);
});

test('what is loaded before the flags of V8 are set is main.ts alone', () => {
  const modules = [...loadedWith('main.js')].flatMap(({ moduleIds }) => moduleIds);
  expect(modules.filter((id) => !id.startsWith('\0'))).toEqual([join(TOP, 'src/main.ts')]);
});
