import { eventsLastRule } from './events-last.ts';
import { ruleTester } from './rule-tester.ts';

const importOf = (name: string, from = '../runtime/events/event-queue.ts') => `import type { ${name} } from '${from}';`;
const invalid = (name: string, code: string, filename = 'src/controller/execute.ts') => ({
  name,
  filename,
  code,
  errors: [{ message: /announce\.ts records it after the status/ }],
});

ruleTester.run('events-last', eventsLastRule, {
  valid: [
    {
      name: 'lets announce.ts record',
      filename: 'src/controller/announce.ts',
      code: `${importOf('EventRecorder')} recorder.record(occurrence);`,
    },
    {
      name: 'lets the recorder write',
      filename: 'src/runtime/events/event-queue.ts',
      code: `${importOf('EventWriter', '../client/interfaces.ts')} await writer.createEvent(event);`,
    },
    {
      name: 'lets operator.ts make the recorder and hand it over',
      filename: 'src/operator.ts',
      code: `import { EventQueue } from './runtime/events/event-queue.ts'; createAnnounce(new EventQueue(options));`,
    },
    { name: 'takes another record', filename: 'src/domain/handoff.ts', code: `history.record(step);` },
    { name: 'lets tests record', filename: 'src/controller/announce.test.ts', code: `recorder.record(occurrence);` },
  ],
  invalid: [
    invalid('refuses the recorder in a step of the reconcile', importOf('EventRecorder')),
    invalid('refuses to record there', `recorder.record(occurrence);`),
    invalid('refuses to record on a private field', `class A { #recorder; f() { this.#recorder.record(o); } }`),
    invalid('refuses to record where the recorder is made', `events.record(occurrence);`, 'src/operator.ts'),
    invalid('refuses the writer outside of the recorder', importOf('EventWriter'), 'src/runtime/controller.ts'),
    invalid('refuses a bare write', `await client.createEvent(event);`, 'src/controller/announce.ts'),
    invalid('refuses a computed write', `await client['patchEventSeries'](key, series);`, 'src/main.ts'),
  ],
});
