import { homedir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { scratchFolder, writeScript } from '../testing/scratch.ts';
import { cache, cacheFolder, cachePath } from './cache.ts';

describe('cacheFolder', () => {
  test.for([
    { name: 'NODEFLEET_CACHE wins', environment: { NODEFLEET_CACHE: '/a', XDG_CACHE_HOME: '/b' }, folder: '/a' },
    { name: 'then XDG_CACHE_HOME', environment: { XDG_CACHE_HOME: '/b' }, folder: '/b/nodefleet' },
    { name: 'then the home folder', environment: {}, folder: join(homedir(), '.cache/nodefleet') },
    {
      name: 'an empty variable is not set',
      environment: { NODEFLEET_CACHE: '', XDG_CACHE_HOME: '' },
      folder: join(homedir(), '.cache/nodefleet'),
    },
  ])('$name', ({ environment, folder }) => {
    expect(cacheFolder(environment)).toBe(folder);
  });
});

describe('cache', () => {
  test('serves what is there and says where it looked for the rest', async () => {
    const folder = scratchFolder();
    const path = writeScript(cachePath(folder, 'etcd'));
    const served = await cache(folder).serve(['etcd', 'kwok']);
    expect(served.get('etcd')).toEqual({ path });
    expect(served.get('kwok')).toEqual({ reason: `${cachePath(folder, 'kwok')} does not exist` });
  });

  test('keeps versions apart', () => {
    expect(cachePath('/c', 'kubectl')).toMatch(/^\/c\/tools\/[a-z0-9]+-[a-z0-9]+\/kubernetes-v1\.36\.3\/kubectl$/);
  });
});
