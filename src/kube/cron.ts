// When a cron schedule is due, as kube-controller-manager v1.36 reads it (robfig/cron v3 ParseStandard): five fields,
// or one of the macros. Not `@every`, which counts from whenever somebody last looked.
//
// Where clocks are set forward, a time that does not exist is due an hour later; where they are set back, one that comes
// twice is due once.

interface Schedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  isDay(date: Date): boolean;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

interface Field {
  readonly values: ReadonlySet<number>;
  /** Whether it says any: then the other one of the two day fields decides alone. */
  readonly isAny: boolean;
}

const MONTHS = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A schedule that is not due for five years never is. */
const HORIZON_DAYS = 5 * 366;

/** Days in which every date of a calendar comes, from 1970 on; every day of the week on each takes longer, and cron asks for either. */
const LEAP_CYCLE_DAYS = 4 * 365 + 1;

/** Whether it is a schedule. */
export function isSchedule(text: string): boolean {
  return parse(text) !== undefined;
}

/** Whether any day is ever one of its own: `0 0 30 2 *` has none. False for what is no schedule. */
export function isEverDue(text: string): boolean {
  const schedule = parse(text);
  const days = Array.from({ length: LEAP_CYCLE_DAYS }, (_, day) => new Date(day * DAY_MS));
  return days.some((date) => schedule?.months.has(date.getUTCMonth() + 1) === true && schedule.isDay(date));
}

/**
 * When the schedule is due next, later than `afterMs`, by the clocks of an IANA time zone; undefined if never, or if it is
 * no schedule or time zone. Times are milliseconds since the epoch.
 */
export function nextDueMs(text: string, timeZone: string, afterMs: number): number | undefined {
  const schedule = parse(text);
  const offsetAt = offsetsOf(timeZone);
  if (schedule === undefined || offsetAt === undefined) return undefined;
  // Wall clocks are reckoned as if they showed UTC.
  const startMs = afterMs + offsetAt(afterMs);
  const firstDayMs = Math.floor(startMs / DAY_MS) * DAY_MS;
  for (let day = 0; day <= HORIZON_DAYS; day += 1) {
    const dayMs = firstDayMs + day * DAY_MS;
    const date = new Date(dayMs);
    if (!schedule.months.has(date.getUTCMonth() + 1) || !schedule.isDay(date)) continue;
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const wallMs = dayMs + (hour * 60 + minute) * MINUTE_MS;
        if (wallMs <= startMs - DAY_MS / 24) continue;
        const dueMs = wallMs - offsetAt(wallMs - offsetAt(wallMs));
        if (dueMs > afterMs) return dueMs;
      }
    }
  }
  return undefined;
}

/** How far the clocks of the zone are ahead of UTC at a moment, in milliseconds; undefined if there is no such zone. */
function offsetsOf(timeZone: string): ((ms: number) => number) | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return (ms) => {
      const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
      const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
      const wall = [part('month') - 1, part('day'), part('hour'), part('minute'), part('second')] as const;
      return Date.UTC(part('year'), ...wall) - Math.floor(ms / 1000) * 1000;
    };
  } catch {
    return undefined;
  }
}

function parse(text: string): Schedule | undefined {
  const fields = (MACROS[text] ?? text).trim().split(/ +/);
  const parsed = fields.map((field, index) => parseField(field, BOUNDS[index]));
  const [minute, hour, dayOfMonth, month, dayOfWeek] = parsed;
  if (parsed.length !== BOUNDS.length || !minute || !hour || !dayOfMonth || !month || !dayOfWeek) return undefined;
  const isEither = !dayOfMonth.isAny && !dayOfWeek.isAny;
  return {
    minutes: [...minute.values].toSorted((a, b) => a - b),
    hours: [...hour.values].toSorted((a, b) => a - b),
    months: month.values,
    isDay: (date) => {
      const [inMonth, inWeek] = [dayOfMonth.values.has(date.getUTCDate()), dayOfWeek.values.has(date.getUTCDay())];
      return isEither ? inMonth || inWeek : inMonth && inWeek;
    },
  };
}

function parseField(text: string, bounds: Bounds | undefined): Field | undefined {
  const parts = text.split(',').map((part) => bounds && parsePart(part, bounds));
  if (!parts.every((part) => part !== undefined)) return undefined;
  return { values: new Set(parts.flatMap(({ values }) => [...values])), isAny: parts.some(({ isAny }) => isAny) };
}

/** `*`, `3`, `mon-fri`, each with `/2` behind it or not: `3/2` is from 3 on. */
function parsePart(text: string, bounds: Bounds): Field | undefined {
  const [, range = '', stepText] = /^([^/]+)(?:\/(\d+))?$/.exec(text) ?? [];
  const isAny = range === '*' || range === '?';
  const [from, to] = isAny ? [bounds.min, bounds.max] : range.split('-').map((value) => parseValue(value, bounds));
  const isRange = isAny || /^[^-]+(-[^-]+)?$/.test(range);
  const step = Number(stepText ?? 1);
  if (!isRange || from === undefined || Number.isNaN(from) || Number.isNaN(to) || step < 1) return undefined;
  const last = to ?? (stepText === undefined ? from : bounds.max);
  if (from < bounds.min || last > bounds.max || from > last) return undefined;
  const values = Array.from({ length: Math.floor((last - from) / step) + 1 }, (_, index) => from + index * step);
  return { values: new Set(values), isAny: isAny && step === 1 };
}

/** NaN for what is neither a number nor a name. */
function parseValue(text: string, { names = [] }: Bounds): number {
  const named = text === '' ? -1 : names.indexOf(text.toLowerCase());
  return named >= 0 ? named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
