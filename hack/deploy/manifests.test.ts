import { expect, test } from 'vitest';

import { parseImage } from './manifests.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.for([
  { text: 'nodefleet:0.1.0', image: { newName: 'nodefleet', newTag: '0.1.0' } },
  {
    text: 'registry.example.com:5000/a/nodefleet:dev',
    image: { newName: 'registry.example.com:5000/a/nodefleet', newTag: 'dev' },
  },
  { text: `nodefleet@${DIGEST}`, image: { newName: 'nodefleet', digest: DIGEST } },
  { text: `nodefleet:0.1.0@${DIGEST}`, image: { newName: 'nodefleet', digest: DIGEST } },
])('$text names an image', ({ text, image }) => {
  expect(parseImage(text)).toEqual({ name: 'nodefleet', ...image });
});

test.for(['nodefleet', 'registry.example.com:5000/nodefleet', 'node fleet:1', ':1', 'nodefleet@sha256:short'])(
  '%s is refused: it does not say which version',
  (text) => {
    expect(() => parseImage(text)).toThrow(`IMG=${text}: must be an image with a tag or a digest`);
  },
);
