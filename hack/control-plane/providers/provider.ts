// What serves the control plane's programs: see assets.ts for the chain of them.
import type { Tool } from '../versions.ts';

/** A tool's path, or why this provider has none. */
export type Served = { readonly path: string } | { readonly reason: string };

export interface Provider {
  /** How the log and the error call it. */
  readonly name: string;
  /** Answers for each of the tools. Never rejects because a tool is missing: that is a `reason`. */
  serve(tools: readonly Tool[]): Promise<ReadonlyMap<Tool, Served>>;
}

/** Where progress goes: one line a call. */
export type Log = (line: string) => void;

/** Environment variables, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;
