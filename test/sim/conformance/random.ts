// Scripts by chance, from the choices of the simulation: a script is a function of its seed.
import { seededRandom } from '../../../src/runtime/random.ts';
import { Choices } from '../choices.ts';
import type { Json } from '../model/document.ts';
import type { Answer } from './answer.ts';
import {
  type Ask,
  type Script,
  FLEETS,
  HOLD,
  LEASES,
  RECORDS,
  SERVICES,
  apply,
  fleet,
  get,
  lease,
  merge,
  port,
  post,
  put,
  record,
  remove,
  service,
} from './steps.ts';

const STEPS = 16;
const OTHER = 'example.com/other';

interface Subject {
  readonly collection: string;
  readonly name: string;
  readonly whole: (metadata: Json, spec: Json) => Json;
  readonly spec: (choices: Choices) => Json;
}

const image = (name: string): Json => ({ name, image: 'app:1' });
const KINDS: readonly [Omit<Subject, 'name'>, ...Omit<Subject, 'name'>[]] = [
  {
    collection: FLEETS,
    whole: (metadata, spec) => fleet({ metadata, spec }),
    spec: (choices) => ({
      replicas: choices.pick('replicas', [1, 2, 3]),
      template: {
        spec: { containers: choices.pick('containers', [['a'], ['a', 'b'], ['b', 'a'], ['c', 'a']]).map(image) },
      },
    }),
  },
  { collection: RECORDS, whole: (metadata) => record(metadata), spec: () => ({}) },
  {
    collection: SERVICES,
    whole: (metadata, spec) => service(metadata, spec),
    spec: (choices) => ({
      ports: choices
        .pick('ports', [[], ['http'], ['http', 'rpc'], ['rpc']])
        .map((name) => port(name, PORTS[name] ?? 0)),
    }),
  },
  {
    collection: LEASES,
    whole: (metadata, spec) => lease(metadata, spec),
    spec: (choices) => ({ holderIdentity: choices.pick('holder', ['x', 'y']) }),
  },
];
const PORTS: Readonly<Record<string, number>> = { http: 80, rpc: 81 };

export function randomScript(seed: number): Script {
  const random = seededRandom(seed);
  const choices = new Choices((_site, _occurrence, n) => Math.floor(random() * n));
  const [first, second] = [choices.pick('kind', KINDS), choices.pick('kind', KINDS)];
  const subjects = [
    { ...first, name: 'a' },
    { ...first, name: 'b' },
    { ...second, name: 'c' },
  ] as const;
  /** Which object each step is about. */
  const about: string[] = [];
  const steps = Array.from({ length: STEPS }, (_, index) => {
    const subject = subjects[index] ?? choices.pick<Subject>('subject', subjects);
    const ask = choose(choices, subject, indexesOf(about, pathOf(subject)));
    about.push(pathOf(subject));
    return ask;
  });
  return { name: `seed ${seed}`, steps };
}

const VERBS = ['apply', 'apply', 'apply', 'merge', 'merge', 'status', 'put', 'post', 'remove', 'get', 'list'] as const;
const FIRST = ['apply', 'post', 'apply', 'put', 'list', ...VERBS] as const;

const pathOf = ({ collection, name }: Subject): string => `${collection}/${name}`;

function indexesOf(about: readonly string[], path: string): readonly number[] {
  return about.flatMap((one, index) => (one === path ? [index] : []));
}

/** From what was answered of that object: the latest, or any. */
function seenBy(choices: Choices, indexes: readonly number[]): (said: readonly Answer[]) => Answer | undefined {
  const isLatest = choices.choose('is-latest', 3) > 0;
  const drawn = indexes[choices.choose('seen', indexes.length)];
  return (said) =>
    isLatest
      ? indexes.map((index) => said[index]).findLast((answer) => answer?.resourceVersion !== undefined)
      : said[drawn ?? -1];
}

type LockOf = (said: readonly Answer[]) => Json;

function lockOf(choices: Choices, indexes: readonly number[]): LockOf {
  const seen = seenBy(choices, indexes);
  const version = (said: readonly Answer[]): Json => {
    const { resourceVersion } = seen(said) ?? {};
    return resourceVersion === undefined ? {} : { resourceVersion };
  };
  const uid = (said: readonly Answer[]): Json => {
    const answered = seen(said)?.uid;
    return answered === undefined ? {} : { uid: answered };
  };
  return choices.pick<LockOf>('lock', [
    () => ({}),
    (said) => ({ ...uid(said), ...version(said) }),
    version,
    (said) => ({ uid: 'x', ...version(said) }),
  ]);
}

function metadataOf(choices: Choices): Json {
  const labels = choices.pick<Json>('labels', [{}, { a: '1' }, { a: '2', b: '1' }, { b: '2', c: '' }]);
  const finalizers = choices.pick<readonly string[]>('finalizers', [[], [], [HOLD], [OTHER, HOLD]]);
  return { ...(Object.keys(labels).length > 0 && { labels }), ...(finalizers.length > 0 && { finalizers }) };
}

/** The first thing that is asked of an object makes it, more often than not. */
function choose(choices: Choices, subject: Subject, indexes: readonly number[]): Ask {
  const path = pathOf(subject);
  const { collection, name, whole } = subject;
  const own = metadataOf(choices);
  const spec = subject.spec(choices);
  const lock = lockOf(choices, indexes);
  const body = (said: readonly Answer[]): Json => whole({ name, ...own, ...lock(said) }, spec);
  const verbs = indexes.length === 0 ? FIRST : VERBS;
  switch (choices.pick('verb', verbs)) {
    case 'apply': {
      const fence = choices.choose('absent', 4) === 0;
      const said = fence ? whole({ name, ...own, resourceVersion: '1' }, spec) : body;
      return apply(
        path,
        said,
        choices.pick('manager', ['m', 'n']),
        choices.pick('dry', ['', '', '', '', '&dryRun=All']),
      );
    }
    case 'merge': {
      const labels = choices.pick<Json | null>('patch', [{ a: null }, { a: '3' }, { b: '2', c: null }, null]);
      const finalizers = choices.pick<readonly string[] | null | undefined>('patch-finalizers', [
        undefined,
        [],
        [HOLD],
        null,
      ]);
      const more = finalizers === undefined ? {} : { finalizers };
      const patch = choices.choose('patch-spec', 2) === 0 || collection === RECORDS ? {} : { spec };
      return merge(path, (said) => ({ metadata: { labels, ...more, ...lock(said) }, ...patch }));
    }
    case 'status':
      return statusOf(choices, subject, lock);
    case 'put':
      return put(path, body);
    case 'post':
      return post(collection, whole({ name, ...own }, spec));
    case 'remove':
      return remove(path, lock);
    case 'get':
      return get(path);
    case 'list':
      return get(
        `${collection}?labelSelector=${choices.pick('selector', ['a%3D1', '%21a', 'a+in+%281%2C2%29', 'b%21%3D2'])}`,
      );
  }
}

/** Of a kind that has no status of ours: a read. */
function statusOf(choices: Choices, subject: Subject, lock: LockOf): Ask {
  const value = choices.pick('condition', ['True', 'False']);
  const count = choices.pick<number | null>('count', [1, 2, null]);
  const condition = {
    type: 'Ready',
    status: value,
    reason: 'R',
    message: 'm',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const conditions = choices.pick('conditions', [[condition], [condition], null]);
  if (subject.collection !== FLEETS) return get(pathOf(subject));
  return merge(`${pathOf(subject)}/status`, (said) => ({
    metadata: lock(said),
    status: { replicas: count, conditions },
  }));
}
