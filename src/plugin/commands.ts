// The commands of the plugin, in one table: what they are called, what they take, and what `--help` says of them.
import type { FlagName } from './flags.ts';

export interface CommandHelp {
  /** Stands for the argument; in brackets if it may be left out. */
  readonly argument: 'NAME' | '[NAME]' | 'MEMBER';
  readonly summary: string;
  /** What a user has to know before running it. */
  readonly details: readonly string[];
  /** Besides those of every command. */
  readonly flags: readonly FlagName[];
  readonly examples: readonly string[];
}

export const COMMANDS = {
  status: {
    argument: '[NAME]',
    summary: 'what a fleet and its members are doing; without NAME all fleets of the namespace',
    details: [
      'Conditions first, then each member with its claim, volume, attachment, machine and last hand-off, then the',
      'rollout and the retained claims.',
    ],
    flags: [],
    examples: ['status', 'status geth', 'status geth -o json'],
  },
  why: {
    argument: 'MEMBER',
    summary: 'what blocks a member, and the next step to take',
    details: [
      'Follows the chain from the NodeDeployment over the StatefulSet, the pod, the claim, the volume and its',
      'attachments to the machine, read live, and stops at the first thing that blocks. What you may not read is said.',
      'It never suggests to force-delete a pod or to delete a VolumeAttachment: both can give a volume two writers.',
    ],
    flags: [],
    examples: ['why geth-2', 'why geth-2 -n prod'],
  },
  claims: {
    argument: '[NAME]',
    summary: 'the claims that fleets have left behind; --purge deletes one of them',
    details: [
      'Retained are the claims of nodefleet that no member of an existing NodeDeployment uses. NAME shows those of one',
      'fleet, which need not exist any more. --purge refuses a claim that a pod mounts or that a fleet wants.',
    ],
    flags: ['purge', 'yes'],
    examples: ['claims', 'claims geth', 'claims --purge 4f3c2b1a-5d6e-4f70-8a9b-0c1d2e3f4a5b'],
  },
  'rollout status': {
    argument: 'NAME',
    summary: 'wait until every member is available on its wanted revision',
    details: ['Exits with 1 when the rollout has stalled for good, or when the timeout is over.'],
    flags: ['timeout'],
    examples: ['rollout status geth', 'rollout status geth --timeout=10m'],
  },
  'rollout history': {
    argument: 'NAME',
    summary: 'the templates that a fleet has had, and its past rollouts',
    details: [],
    flags: [],
    examples: ['rollout history geth'],
  },
  'rollout undo': {
    argument: 'NAME',
    summary: 'put an earlier pod template back into spec.template',
    details: [
      'The whole template is replaced, and nothing else. If somebody changes the spec meanwhile, nothing is written.',
    ],
    flags: ['toRevision'],
    examples: ['rollout undo geth', 'rollout undo geth --to-revision=3'],
  },
  'rollout pause': {
    argument: 'NAME',
    summary: 'start no further hand-off; members that are being moved finish',
    details: [],
    flags: [],
    examples: ['rollout pause geth'],
  },
  'rollout resume': {
    argument: 'NAME',
    summary: 'go on with a paused rollout',
    details: [],
    flags: [],
    examples: ['rollout resume geth'],
  },
} as const satisfies Readonly<Record<string, CommandHelp>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

export function helpOf(name: CommandName): CommandHelp {
  return COMMANDS[name];
}
