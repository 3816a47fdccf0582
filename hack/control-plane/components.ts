// What the parts of a control plane have in common. servers.ts and consumers.ts tell each of them with its flags.
import { join } from 'node:path';

import type { Program } from './child-process.ts';
import type { Tool } from './versions.ts';

/** What one is called in logs, errors and `StartedControlPlane`. `apiserver-2` serves the same data as `apiserver`. */
export type ComponentName =
  | 'etcd'
  | 'apiserver'
  | 'apiserver-2'
  | 'controller-manager'
  | 'scheduler'
  | 'kwok'
  | 'storage';

export interface Component {
  readonly name: ComponentName;
  readonly program: Program;
  /** Done before each start, a restart included. */
  readonly prepare?: () => Promise<void>;
  /** Whether it does what it is there for. Asked again and again after its start. */
  isReady(): Promise<boolean>;
  /** Done once it is ready, after each start. */
  readonly settle?: () => Promise<void>;
}

/** Where everything of one control plane is: folders, files, ports. */
export interface Layout {
  readonly dir: string;
  /** The certificate authority, PEM. */
  readonly authority: string;
  readonly etcdPort: number;
  readonly paths: ReadonlyMap<Tool, string>;
}

/** A tool as a program of a control plane. */
export function programOf(layout: Layout, name: ComponentName, tool: Tool, args: readonly string[]): Program {
  const command = layout.paths.get(tool);
  if (command === undefined) throw new Error(`start ${name}: ${tool} was not resolved`);
  return { name, command, args, logPath: join(layout.dir, `${name}.log`) };
}
