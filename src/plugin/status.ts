// `status`: reads one fleet or all of the namespace.
import { LABEL } from '../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../api/v1alpha1/node-deployment.ts';
import { CLAIM } from '../kube/kinds.ts';
import { fleetTable, fleetTree } from './fleet-lines.ts';
import { viewFleet } from './fleet-view.ts';
import type { Answer } from './output.ts';
import { readFleet, TolerantReader, type Session } from './session.ts';

export async function status(session: Session, name: string | undefined): Promise<Answer> {
  return name === undefined ? allFleets(session) : oneFleet(session, name);
}

async function allFleets({ reader, namespace }: Session): Promise<Answer> {
  const fleets = await reader.list(NODE_DEPLOYMENT, { namespace });
  const views = fleets.map((fleet) => viewFleet(fleet, []));
  return {
    json: { kind: 'FleetList', namespace, items: views },
    lines: (look) => (views.length === 0 ? [`No NodeDeployments in namespace ${namespace}.`] : fleetTable(views, look)),
  };
}

async function oneFleet(session: Session, name: string): Promise<Answer> {
  const { reader, namespace } = session;
  const fleet = await readFleet(session, name);
  const claims = await new TolerantReader(reader).list(CLAIM, {
    namespace,
    labelSelector: `${LABEL.deployment}=${name}`,
  });
  const view = viewFleet(fleet, claims);
  return { json: view, lines: (look) => fleetTree(view, look) };
}
