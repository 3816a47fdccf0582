// nodefleet/events-last: an Event comes after the status that it tells of. So the recorder of Events has one holder,
// src/controller/announce.ts, which the reconciler calls when the status is stored; and the writer of Events, the one
// write without a condition, has one holder too: the recorder in src/runtime/events. Elsewhere this rule refuses their
// types and methods. operator.ts makes the recorder and hands it over without naming its type.
import { isTestCode } from './layers.ts';
import { memberName, nameOf, pathOf, type Node, type Rule } from './rule.ts';

const recorder = ['src/controller/announce.ts', 'src/runtime/events/'];
const writer = ['src/runtime/client/', 'src/runtime/events/'];

/** The files and folders that may use a name. */
const holders: Readonly<Record<string, readonly string[]>> = {
  EventRecorder: recorder,
  record: recorder,
  EventWriter: writer,
  createEvent: writer,
  patchEventSeries: writer,
};

export const eventsLastRule: Rule = {
  create(context) {
    const path = pathOf(context);
    if (!path.startsWith('src/') || isTestCode(path)) return {};
    const check = (node: { range: [number, number] }, name: string | undefined) => {
      const allowed = name !== undefined && Object.hasOwn(holders, name) ? holders[name] : undefined;
      if (allowed === undefined || allowed.some((place) => path.startsWith(place))) return;
      const instead = 'return the event from src/domain/events; src/controller/announce.ts records it after the status';
      context.report({ node, message: `${path} may not use ${name}: ${instead}.` });
    };
    return {
      ImportSpecifier(node) {
        const { imported } = node;
        check(node, imported.type === 'Identifier' ? imported.name : imported.value);
      },
      MemberExpression(node) {
        const method = memberName(node);
        if (method !== 'record' || isRecorder(node.object)) check(node, method);
      },
    };
  },
};

/** `recorder`, `this.#recorder`, `clients.eventRecorder`, `events`: what has a `record` of its own may be called so. */
function isRecorder(node: Node<'MemberExpression'>['object']): boolean {
  const name = nameOf(node);
  return name !== undefined && /^(event)?recorder$|^events$/i.test(name);
}
