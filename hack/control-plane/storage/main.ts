// The simulated storage as a program of its own, so that a busy test cannot hold it up and a test can pause it.
// Usage: node main.ts FILE, a file with StorageSettings as JSON
import { readFileSync, writeFileSync } from 'node:fs';

import { startStorageActor } from '../storage-actor.ts';
import type { StorageSettings } from './settings.ts';

const settings: StorageSettings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
await startStorageActor(settings, { ...settings, log: (line) => console.log(line) });
writeFileSync(settings.readyPath, '');
