import { expect, test } from 'vitest';

import { explainNoDaemon } from './docker.ts';

test.for([
  [
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    'docker: no daemon answers at unix:///var/run/docker.sock; start it, or set DOCKER_HOST to one that runs',
  ],
  [
    'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock',
    'docker: this user may not talk to the daemon; add it to the group docker and log in again, or run as root',
  ],
  ['something else', 'docker: no daemon answers; start it, or set DOCKER_HOST to one that runs'],
])('%s is explained as: %s', ([said = '', explained]) => {
  expect(explainNoDaemon(said)).toBe(explained);
});
