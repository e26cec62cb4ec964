// How numbers, times and states are said. Pure: knows neither the page nor the server.

// The states, worst first, as the server names them.
export const STATES = {
  failing: { label: 'Failing', means: 'a sync has failed, and none has succeeded since' },
  lost: { label: 'Lost', means: 'a sync is running, but nothing was heard of it for 5 minutes' },
  late: { label: 'Late', means: 'the last success is longer ago than the schedule allows' },
  never_synced: { label: 'Never synced', means: 'no sync has succeeded or failed yet' },
  running: { label: 'Running', means: 'the first sync is running' },
  fresh: { label: 'Fresh', means: 'the last sync succeeded, and the next one is not due yet' },
  disabled: { label: 'Disabled', means: 'its schedule is switched off' },
};

// Those that somebody should look at.
export const TROUBLES = ['failing', 'lost', 'late'];

// What a sync's status is shown as: a state's colour and icon, and a word.
export const STATUSES = {
  completed: { label: 'Completed', look: 'fresh' },
  error: { label: 'Error', look: 'failing' },
  in_progress: { label: 'In progress', look: 'running' },
  pending: { label: 'Pending', look: 'never_synced' },
  suspended: { label: 'Suspended', look: 'disabled' },
  canceling: { label: 'Canceling', look: 'disabled' },
  canceled: { label: 'Canceled', look: 'disabled' },
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Each unit serves up to the limit of the row: 119 min are "1 h", 47 h are "47 h".
const UNITS = [
  [MINUTE, SECOND, 's'],
  [HOUR, MINUTE, 'min'],
  [2 * DAY, HOUR, 'h'],
  [60 * DAY, DAY, 'd'],
  [730 * DAY, 30 * DAY, 'mo'],
  [Infinity, 365 * DAY, 'y'],
];

function rough(milliseconds) {
  const [, unit, name] = UNITS.find(([limit]) => milliseconds < limit);
  return `${Math.floor(milliseconds / unit)} ${name}`;
}

// How long it has been: "9 s", "3 h".
export const since = (at, now) => rough(Math.max(0, now - at));

// "3 h ago", "in 5 min", "now".
export function ago(at, now) {
  const age = now - at;
  if (Math.abs(age) < SECOND) return 'now';
  return age > 0 ? `${rough(age)} ago` : `in ${rough(-age)}`;
}

// How long something took: "850 ms", "5.2 s", "3 min 20 s", "2 h 5 min".
export function duration(value) {
  if (value === null || value === undefined) return null;
  const milliseconds = Number(value);
  if (milliseconds < SECOND) return `${milliseconds} ms`;
  if (milliseconds < MINUTE) return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)} s`;
  const [large, small, names] = milliseconds < HOUR
    ? [MINUTE, SECOND, ['min', 's']] : [HOUR, MINUTE, ['h', 'min']];
  const rest = Math.floor((milliseconds % large) / small);
  return `${Math.floor(milliseconds / large)} ${names[0]}${rest ? ` ${rest} ${names[1]}` : ''}`;
}

const digits = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value) {
  return value === null || value === undefined ? null : digits.format(value);
}

export function shortCount(value) {
  return short.format(value);
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

const two = (number) => String(number).padStart(2, '0');

// The moment to the second in the viewer's zone, which is named: "2026-11-24 21:04:11 UTC+1".
export function exact(at) {
  const date = new Date(at);
  const offset = -date.getTimezoneOffset();
  const hours = Math.trunc(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  const zone = offset
    ? `${offset < 0 ? '−' : '+'}${hours}${minutes ? `:${two(minutes)}` : ''}` : '';
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time} UTC${zone}`;
}

const NAMES = { state: 'State, worst first', name: 'Name, A to Z', '-name': 'Name, Z to A',
  last_success: 'Last success, oldest first', '-last_success': 'Last success, newest first',
  service_type: 'Service type', indexed: 'Indexed', deleted: 'Deleted' };

export function columnName(sort) {
  return NAMES[sort] ?? sort;
}

// A list in a sentence: "2 failing, 1 lost".
export function list(parts) {
  return parts.join(', ');
}
