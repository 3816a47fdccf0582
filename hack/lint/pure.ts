// nodefleet/pure: kube, api and domain have no clock, random numbers, timers, console, process or network. Time comes in
// through `Observed.now`, randomness through runtime/random.ts. `new Date(text)` is fine: it reads no clock.
import { isTestCode, layerOf } from './layers.ts';
import { memberName, pathOf, type Context, type Node, type Rule } from './rule.ts';

const pureLayers: ReadonlySet<string> = new Set(['kube', 'api', 'domain']);

const impureGlobals: ReadonlySet<string> = new Set(
  (
    'console process performance crypto fetch globalThis WebSocket ' +
    'setTimeout setInterval setImmediate queueMicrotask'
  ).split(' '),
);

const impureMembers: ReadonlySet<string> = new Set(['Date.now', 'Math.random']);

type Reference = NonNullable<Context['sourceCode']['scopeManager']['globalScope']>['references'][number];

export const pureRule: Rule = {
  create(context) {
    const path = pathOf(context);
    const layer = layerOf(path)?.name ?? '';
    if (!pureLayers.has(layer) || isTestCode(path)) return {};
    return {
      'Program:exit'() {
        for (const { identifier } of globalReferences(context)) {
          const name = impurity(identifier);
          if (name === undefined) continue;
          const message = `Layer ${layer} is pure: no ${name}; take what it gives as an argument (time: Observed.now).`;
          context.report({ node: identifier, message });
        }
      },
    };
  },
};

/** References to names that the file does not declare itself. */
function globalReferences(context: Context): Reference[] {
  const scope = context.sourceCode.scopeManager.globalScope;
  if (scope === null) return [];
  const known = scope.variables.filter(({ defs }) => defs.length === 0).flatMap(({ references }) => references);
  return [...scope.through, ...known];
}

/** What a use of a global reaches for, if that is impure. */
function impurity(identifier: Reference['identifier']): string | undefined {
  const { name } = identifier;
  if (impureGlobals.has(name)) return name;
  const use = usedAs(identifier);
  if (use?.type === 'MemberExpression') {
    const member = `${name}.${memberName(use) ?? '*'}`;
    return impureMembers.has(member) ? member : undefined;
  }
  if (name !== 'Date' || use === undefined) return undefined;
  if (use.type === 'CallExpression') return 'Date()';
  return use.arguments.length === 0 ? 'new Date()' : undefined;
}

type Use = Node<'MemberExpression'> | Node<'CallExpression'> | Node<'NewExpression'>;

/** The member access, call or construction that the identifier is the subject of. */
function usedAs(identifier: Reference['identifier']): Use | undefined {
  const { parent } = identifier;
  if (parent.type === 'MemberExpression' && parent.object === identifier) return parent;
  if ((parent.type === 'CallExpression' || parent.type === 'NewExpression') && parent.callee === identifier)
    return parent;
  return undefined;
}
