// The simulated storage as a program of its own, so that a busy test cannot hold it up and a test can pause it.
// Usage: node main.ts '<StorageSettings as JSON>'
import { startStorageActor } from '../storage-actor.ts';
import { STORAGE_READY, type StorageSettings } from './settings.ts';

const settings: StorageSettings = JSON.parse(process.argv[2] ?? '');
await startStorageActor(settings, { ...settings, log: (line) => console.log(line) });
console.log(STORAGE_READY);
