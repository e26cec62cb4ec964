// Puts Quartz cron expressions into words, if they have a usual form, and gives
// their times. All times are UTC.

// Milliseconds that a sync may be late until it is called missed: the default of --late-grace, until lastsync has said.
export let grace = 600000;

// Gives whether it was another one.
export function setGrace(milliseconds) {
  const differs = grace !== milliseconds;
  grace = milliseconds;
  return differs;
}

const DAYS = { SUN: 'Sundays', MON: 'Mondays', TUE: 'Tuesdays', WED: 'Wednesdays',
  THU: 'Thursdays', FRI: 'Fridays', SAT: 'Saturdays' };
const BY_NUMBER = Object.keys(DAYS);

const isNumber = (field) => /^\d+$/.test(field);
const isAny = (field) => field === '*' || field === '?';
const two = (number) => String(number).padStart(2, '0');

// The step of a field that has `most` values; null if it does not divide them, for then the last one is shorter.
function step(field, most) {
  const found = /^(?:\*|0)\/(\d+)$/.exec(field);
  return found && most % Number(found[1]) === 0 ? Number(found[1]) : null;
}

function every(number, unit) {
  return number === 1 ? `every ${unit}` : `every ${number} ${unit}s`;
}

function weekdays(field) {
  if (field === 'MON-FRI' || field === '2-6') return 'on weekdays';
  const names = field.split(',').map((day) => DAYS[BY_NUMBER[day - 1] ?? day]);
  return names.every(Boolean) ? names.join(', ') : null;
}

function withinDay(seconds, minutes, hours) {
  if (!isNumber(seconds)) return null;
  if (step(minutes, 60) && isAny(hours)) return every(step(minutes, 60), 'minute');
  if (minutes === '*' && hours === '*') return 'every minute';
  if (!isNumber(minutes)) return null;
  const past = Number(minutes) ? ` at :${two(minutes)}` : '';
  if (hours === '*') return `every hour${past}`;
  if (step(hours, 24)) return `${every(step(hours, 24), 'hour')}${past}`;
  const times = hours.split(',');
  if (!times.every(isNumber)) return null;
  return `at ${times.map((hour) => `${two(hour)}:${two(minutes)}`).join(', ')} UTC`;
}

// "every 15 minutes", "daily at 03:00 UTC", "Mondays at 03:00 UTC"; null if it has no such form.
export function cronInWords(expression) {
  const fields = expression.trim().toUpperCase().split(/\s+/);
  const [seconds, minutes, hours, day, month, weekday, year = '*'] = fields;
  if (fields.length < 6 || fields.length > 7 || month !== '*' || year !== '*') return null;
  const time = withinDay(seconds, minutes, hours);
  if (!time) return null;
  if (isAny(day) && isAny(weekday)) return time.startsWith('at ') ? `daily ${time}` : time;
  if (isAny(day)) return weekdays(weekday) && `${weekdays(weekday)} ${time}`;
  return isAny(weekday) && isNumber(day) ? `monthly on day ${Number(day)} ${time}` : null;
}

// ---- the times of an expression ----

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const MINUTE = 60000;
const HOUR = 60 * MINUTE;

function numberOf(word, names, first) {
  const place = names.indexOf(word.toUpperCase());
  if (place >= 0) return place + first;
  return isNumber(word) ? Number(word) : NaN;
}

// The values that a field allows, in order, from `least` to `most`, over whose end a range may go; null if the form is
// not known here, such as L, W or #.
function valuesOf(field, least, most, names = []) {
  const allowed = new Set();
  for (const part of field.split(',')) {
    const [range, every] = part.split('/');
    const [from, to] = isAny(range) || (!range && every) ? [least, most]
      : range.split('-').map((word) => numberOf(word, names, least));
    const end = to ?? (every ? most : from);
    const step = every === undefined ? 1 : Number(every);
    if (![from, end, step].every(Number.isInteger) || step < 1) return null;
    if ([from, end].some((value) => value < least || value > most)) return null;
    const size = most - least + 1;
    const last = from > end ? end + size : end;
    for (let value = from; value <= last; value += step) allowed.add(least + (value - least) % size);
  }
  return new Set([...allowed].sort((a, b) => a - b));
}

// An expression's sets, or null.
const read = new Map();
function readCron(expression) {
  if (!read.has(expression)) {
    const [seconds = '', minutes = '', hours = '', day = '', month = '', weekday = '', ...rest] =
      expression.trim().split(/\s+/);
    const sets = [valuesOf(seconds, 0, 59), valuesOf(minutes, 0, 59), valuesOf(hours, 0, 23),
      valuesOf(day, 1, 31), valuesOf(month, 1, 12, MONTHS), valuesOf(weekday, 1, 7, BY_NUMBER)];
    read.set(expression, rest.length || sets.includes(null) ? null : sets);
  }
  return read.get(expression);
}

// The times, to the minute, of an expression from one moment to another, all in milliseconds; at most
// `most`. Null if its form is not known here.
export function timesOf(expression, from, to, most = Infinity) {
  const sets = readCron(expression);
  if (!sets) return null;
  const [, minutes, hours, days, months, weekdays] = sets;
  const times = [];
  for (let hour = Math.floor(from / HOUR) * HOUR; hour < to && times.length < most; hour += HOUR) {
    const date = new Date(hour);
    if (!hours.has(date.getUTCHours()) || !days.has(date.getUTCDate()) ||
        !months.has(date.getUTCMonth() + 1) || !weekdays.has(date.getUTCDay() + 1)) continue;
    for (const minute of minutes) {
      const at = hour + minute * MINUTE;
      if (at >= from && at < to && times.length < most) times.push(at);
    }
  }
  return times;
}

// The times of several expressions, in order; null if a form is not known.
export function timesOfAll(expressions, from, to, most = Infinity) {
  const lists = expressions.map((expression) => timesOf(expression, from, to, most));
  if (lists.includes(null)) return null;
  return [...new Set(lists.flat())].sort((a, b) => a - b).slice(0, most);
}
