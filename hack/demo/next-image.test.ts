import { expect, test } from 'vitest';

import { nextImage } from './next-image.ts';

test.for([
  { name: 'raises the last number of the tag', from: 'ethereum/client-go:v1.15.0', to: 'ethereum/client-go:v1.15.1' },
  { name: 'carries over', from: 'pause:3.9', to: 'pause:3.10' },
  { name: 'raises the number before a suffix', from: 'redis:7-alpine', to: 'redis:8-alpine' },
  { name: 'adds to a tag without a number', from: 'redis:latest', to: 'redis:latest-next' },
  { name: 'adds a tag where there is none', from: 'redis', to: 'redis:next' },
  { name: "does not take a registry's port for a tag", from: 'host:5000/redis', to: 'host:5000/redis:next' },
  { name: 'drops a digest, which fixes the old content', from: 'redis:7@sha256:ab12', to: 'redis:8' },
])('$name', ({ from, to }) => {
  expect(nextImage(from)).toBe(to);
});
