// What every command works with: the cluster, the namespace, the time, and how to name a command for the user to run.
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Kind } from '../kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../kube/object.ts';
import { isForbidden } from '../runtime/client/api-error.ts';
import type { ListOptions, ObjectReader } from '../runtime/client/interfaces.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Edits } from './edits.ts';
import { CommandError } from './errors.ts';
import type { Kubectl } from './kubectl.ts';

export interface Session {
  readonly reader: ObjectReader;
  readonly edits: Edits;
  readonly namespace: string;
  readonly contextName: string;
  readonly clock: Clock;
  /** Names commands that reach the same cluster and namespace as this one. */
  readonly kubectl: Kubectl;
}

/** @throws CommandError that says which fleets there are, if it is not one of them */
export async function readFleet(session: Session, name: string): Promise<StoredNodeDeployment> {
  const { reader, namespace } = session;
  const fleet = await reader.get(NODE_DEPLOYMENT, { namespace, name });
  if (fleet === undefined) throw await missingFleet(session, name);
  return fleet;
}

async function missingFleet({ reader, namespace, contextName }: Session, name: string): Promise<CommandError> {
  const missing = `there is no NodeDeployment ${name} in namespace ${namespace} of context ${contextName}`;
  const here = (await listIfAllowed(reader, namespace)).map((fleet) => fleet.metadata.name);
  const elsewhere = (await listIfAllowed(reader, undefined)).filter((fleet) => fleet.metadata.name === name);
  const namespaces = elsewhere.map(({ metadata }) => `-n ${metadata.namespace}`);
  if (namespaces.length > 0) return new CommandError(`${missing}; there is one elsewhere: ${first(namespaces)}`);
  if (here.length > 0) return new CommandError(`${missing}; there are: ${first(here)}`);
  return new CommandError(`${missing}, nor any other; choose another namespace with -n`);
}

/** None where listing is forbidden. */
async function listIfAllowed(
  reader: ObjectReader,
  namespace: string | undefined,
): Promise<readonly StoredNodeDeployment[]> {
  try {
    return await reader.list(NODE_DEPLOYMENT, namespace === undefined ? {} : { namespace });
  } catch (error) {
    if (isForbidden(error)) return [];
    throw error;
  }
}

const SHOWN = 10;

function first(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}

/** Reads on where rights are missing, and remembers of what. */
export class TolerantReader {
  readonly #reader: ObjectReader;
  readonly #unreadable = new Set<string>();

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  /** Kinds that could not be read, as `PersistentVolume`. */
  get unreadable(): ReadonlySet<string> {
    return this.#unreadable;
  }

  /** The object; undefined if there is none, or if it may not be read. */
  async get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<Stored<T> | undefined> {
    return this.#try(kind, () => this.#reader.get(kind, key), undefined);
  }

  /** The objects, of one namespace or of all; none if they may not be read. */
  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<readonly Stored<T>[]> {
    return this.#try(kind, () => this.#reader.list(kind, options), []);
  }

  async #try<R>(kind: Kind, read: () => Promise<R>, otherwise: R): Promise<R> {
    try {
      return await read();
    } catch (error) {
      if (!isForbidden(error)) throw error;
      this.#unreadable.add(kind.kind);
      return otherwise;
    }
  }
}
