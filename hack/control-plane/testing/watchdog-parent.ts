// A program that starts two sleepers under a watchdog, prints their ids and waits; its test ends it in various ways.
// Usage: node watchdog-parent.ts FOLDER
import { join } from 'node:path';

import { startWatchdog } from '../child-process.ts';

const [folder = ''] = process.argv.slice(2);
const watchdog = startWatchdog(folder);
const pids = ['one', 'two'].map((name) => {
  return watchdog.start({ name, command: 'sleep', args: ['600'], logPath: join(folder, `${name}.log`) }).pid;
});
console.log(pids.join(' '));
setInterval(() => {}, 60_000);
