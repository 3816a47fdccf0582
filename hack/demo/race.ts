// Two reconciles of one fleet at the same moment: both read, both compute, both write. One write is to win, one to be
// refused; the refused reconcile starts over on what is there then.
import type { ObjectKey } from '../../src/kube/object.ts';
import { connect } from '../../src/runtime/client/kube-client.ts';
import type { HttpRequest, Transport } from '../../src/runtime/client/transport.ts';
import { createHoldingTransport } from '../../src/runtime/testing/holding-transport.ts';
import { createRacer, type Racer, type Tell } from './racer.ts';

export interface RaceOptions {
  readonly kubeconfigPath: string;
  /** The fleet. Nobody else may reconcile it meanwhile. */
  readonly key: ObjectKey;
  readonly tell: (line: string) => void;
}

/** @throws Error when not exactly one of the two first status writes is a 200 and the other a 409 */
export async function race({ kubeconfigPath, key, tell }: RaceOptions): Promise<void> {
  const { transport } = await connect({ environment: {}, userAgent: 'nodefleet-demo', kubeconfig: kubeconfigPath });
  try {
    const runners = ['A', 'B'].map((name) => hold(name, transport, (line) => tell(`${name}  ${line}`)));
    const runs = Promise.all(runners.map(({ racer }) => racer.run(key)));
    // A run that fails before its write would leave us waiting at the barrier for ever.
    await Promise.race([Promise.all(runners.map(({ barrier }) => barrier.reached)), runs]);
    tell('-  both are held until here; now both writes go out');
    for (const { barrier } of runners) barrier.release();
    await runs;
    verify(runners.map(({ racer }) => racer));
  } finally {
    await transport.close();
  }
}

function hold(name: string, inner: Transport, tell: Tell) {
  const transport = createHoldingTransport(inner);
  return { barrier: transport.hold(isStatusWrite, 'before-send'), racer: createRacer(name, transport, tell) };
}

function isStatusWrite({ method, path }: HttpRequest): boolean {
  return method === 'PATCH' && path.split('?')[0]?.endsWith('/status') === true;
}

function verify(racers: readonly Racer[]): void {
  const answers = racers.map(({ statusWrites }) => statusWrites[0] ?? 0).toSorted((a, b) => a - b);
  const conflicts = racers.flatMap(({ ends }) => ends).filter(({ type }) => type === 'conflict').length;
  if (answers.join(' ') === '200 409' && conflicts === 1) return;
  throw new Error(
    `race: the two writes were answered with ${answers.join(' and ')}, and ${conflicts} reconciles were requeued; ` +
      'expected are 200 and 409, and one',
  );
}
