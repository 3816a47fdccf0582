// Bugs in what is decided: plans, budgets, claims, who may start.
import { edit, type Mutant, withoutRule } from './mutant.ts';

export const DECISIONS: readonly Mutant[] = [
  {
    name: 'effects before the plan is stored',
    edits: [
      edit('domain/plan.ts', 'if (rollout.isNew) return { actions: [], rolloutPlan: rollout.plan, overdue };', ''),
      withoutRule('plan.rolloutPlan === observed.deployment.status?.plan || plan.actions.length === 0'),
      withoutRule(
        "return !isMove || (stored?.phase === 'Active' && stored.targetRevision === target);",
        'return true;',
      ),
    ],
  },
  {
    name: 'a plan id from the time',
    edits: [
      edit(
        'domain/rollout/rollout.ts',
        'hashOf({ uid, generation, purpose, targetRevision: desired.revision })',
        'hashOf({ uid, generation, purpose, targetRevision: desired.revision, now: observed.now })',
      ),
    ],
  },
  {
    name: 'claims deleted under Retain',
    edits: [
      edit(
        'domain/desired/desire.ts',
        'surplusClaims: isTeardown ? retention.onDelete : retention.onScaleDown',
        "surplusClaims: 'Delete'",
      ),
    ],
  },
  {
    name: 'a start before the detachment',
    edits: [
      edit(
        'domain/volumes/gate.ts',
        'if (attachment !== undefined) return attached(observed, member, attachment);',
        '',
      ),
      withoutRule('if (member.attachments.length > 0) return false;', ''),
    ],
  },
  {
    name: 'a silent machine taken for one that is off',
    edits: [
      edit(
        'domain/volumes/gate.ts',
        'const [pod] = member.pods;',
        "const [pod] = member.pods.filter((one) => unreachable(observed, one.spec?.nodeName, '') === undefined);",
      ),
      edit(
        'domain/volumes/gate.ts',
        'if (isStillCounted(member)) return wait',
        'if (member.pods.length === 0 && isStillCounted(member)) return wait',
      ),
      edit('domain/volumes/gate.ts', 'if (user !== undefined) return heldBy(observed, member, user);', ''),
      edit(
        'domain/volumes/gate.ts',
        "if (dead !== undefined) return { reason: 'NodeUnreachable', message: dead, stalled: 'NodeUnreachable' };",
        'if (dead !== undefined) return undefined as any;',
      ),
      withoutRule("member.proof === 'live' && member.claimUsers.length === 0 && isReleased(observed, member)"),
    ],
  },
  {
    name: 'a gate that trusts the cache',
    edits: [
      edit(
        'domain/volumes/gate.ts',
        "return member.proof === 'live' ? undefined : { type: 'Prove', member: member.name };",
        'return undefined;',
      ),
      withoutRule("member.proof === 'live' && ", ''),
    ],
  },
  {
    name: 'a plan id by chance',
    edits: [
      edit(
        'domain/rollout/rollout.ts',
        'hashOf({ uid, generation, purpose, targetRevision: desired.revision })',
        'String(Math.random()).slice(2)',
      ),
    ],
  },
  {
    name: 'a plan kept in memory only',
    edits: [
      edit(
        'domain/rollout/rollout.ts',
        'const stored = observed.deployment.status?.plan;\n  const outdated = outdatedMembers(desired, observed);\n  const next = nextPlan(desired, observed, stored, outdated);',
        'const memory: Map<string, RolloutPlan | undefined> = ((globalThis as any).plans ??= new Map());\n  const outdated = outdatedMembers(desired, observed);\n  const next = nextPlan(desired, observed, memory.get(observed.deployment.metadata.uid), outdated);\n  memory.set(observed.deployment.metadata.uid, next);\n  const stored = next;',
      ),
      withoutRule(
        "return !isMove || (stored?.phase === 'Active' && stored.targetRevision === target);",
        'return true;',
      ),
    ],
  },
  {
    name: 'claims told by their labels alone',
    edits: [
      edit(
        'domain/volumes/claims.ts',
        'return claim.metadata.annotations?.[ANNOTATION.deploymentUid] === deployment.metadata.uid;',
        "return claim.metadata.labels?.['nodefleet.dev/deployment'] === deployment.metadata.name;",
      ),
    ],
  },
  {
    name: 'the work goes on after the finalizer is gone',
    edits: [
      edit(
        'domain/desired/desire.ts',
        'const isTeardown = isTerminating(deployment);',
        "const isTeardown = isTerminating(deployment) && deployment.metadata.finalizers?.includes('nodefleet.dev/claims') === true;",
      ),
    ],
  },
  {
    name: 'the first child exists, so the second is skipped',
    edits: [
      edit(
        'domain/member-plan.ts',
        'const ofService = planService(observed, member);',
        'const ofService = statefulSet === undefined ? planService(observed, member) : [];',
      ),
    ],
  },
  {
    name: 'progress counted from a pod that is deleted',
    edits: [
      edit('kube/pods.ts', '  if (isTerminating(pod)) return undefined;\n', ''),
      edit('domain/member.ts', 'return isOurs && !isStopped(member) &&', 'return isOurs &&'),
    ],
  },
  {
    name: 'a rollback waits for the health of what it replaces',
    edits: [
      edit(
        'domain/rollout/rollout.ts',
        'moving: new Set([...stopped, ...namesOf(broken.filter(isProven)), ...moves.moving]),',
        'moving: new Set([...stopped, ...(broken.length > 0 ? [] : moves.moving)]),',
      ),
    ],
  },
  {
    name: 'a member taken for broken on what the cache shows',
    edits: [
      edit('domain/rollout/rollout.ts', "=> proof === 'live';", '=> proof !== undefined;'),
      withoutRule("(isReady(member) || member.proof === 'live')),", 'true),'),
      withoutRule("member !== undefined && member.proof === 'live'),", 'true),'),
    ],
  },
  {
    name: 'a pod taken for outdated on what the cache shows',
    edits: [
      edit('domain/rollout/rollout.ts', 'isPodOutdated(member) && !isProven(member);', 'false && !isProven(member);'),
      withoutRule("return isPodOutdated(member) && member.proof === 'live';", 'return true;'),
    ],
  },
  {
    name: 'a pod of the template before is left for good',
    edits: [
      edit('domain/member.ts', 'return isSettled && lasting.every(', 'return false && isSettled && lasting.every('),
    ],
  },
  {
    name: 'a budget that counts only the members that stop',
    edits: [edit('domain/rollout/rollout.ts', '- unavailable.length);', '- 0);')],
  },
  {
    name: 'children of another fleet adopted',
    edits: [
      edit('domain/children.ts', 'if (isControlledBy(deployment, child)) return undefined;', 'return undefined;'),
    ],
  },
  {
    name: 'a disruption budget made once and never mended',
    edits: [
      edit(
        'domain/disruption-budget.ts',
        'return foreign === undefined ?',
        'if (current !== undefined) return [];\n    return foreign === undefined ?',
      ),
    ],
  },
];
