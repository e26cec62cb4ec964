// Puts numbers, times and states into words. Pure: knows neither the page nor the server.

// The states, worst first, as the server names them.
export const STATES = {
  failing: { label: 'Failing', means: 'a sync has failed, and none has succeeded since' },
  lost: { label: 'Lost', means: 'a sync is running, but nothing was heard of it for 7 minutes' },
  late: { label: 'Late', means: 'the last success is longer ago than the schedule allows' },
  never_synced: { label: 'Never synced', means: 'no sync has succeeded or failed yet' },
  running: { label: 'Running', means: 'the first sync is running' },
  fresh: { label: 'Fresh', means: 'the last sync succeeded, and the next one is not due yet' },
  disabled: { label: 'Disabled', means: 'its schedule is switched off' },
};

// The states that need attention.
export const TROUBLES = ['failing', 'lost', 'late'];

// How a sync's status is shown: a state's colour and icon, and a word.
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

// The time since a moment: "9 s", "3 h".
export const since = (at, now) => rough(Math.max(0, now - at));

// "3 h ago", "in 5 min", "now".
export function ago(at, now) {
  const age = now - at;
  if (Math.abs(age) < SECOND) return 'now';
  return age > 0 ? `${rough(age)} ago` : `in ${rough(-age)}`;
}

// A duration: "850 ms", "5.2 s", "3 min 20 s", "2 h 5 min".
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

// ---- moments ----

let isUtc = false;

export function setUtc(wanted) {
  isUtc = wanted;
}

// "UTC", "UTC+1", "UTC−3:30": the viewer's zone at a moment.
export function localZone(at = Date.now()) {
  const offset = -new Date(at).getTimezoneOffset();
  const hours = Math.trunc(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  return offset ? `UTC${offset < 0 ? '−' : '+'}${hours}${minutes ? `:${two(minutes)}` : ''}` : 'UTC';
}

export const zoneName = (at) => (isUtc ? 'UTC' : localZone(at));

// A date whose UTC fields are the moment's parts in the shown zone.
export const shift = (at) => new Date(isUtc ? at : at - new Date(at).getTimezoneOffset() * MINUTE);

const day = (date) =>
  `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
const time = (date) => `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;

// The moment to the second, with its zone: "2026-11-24 21:04:11 UTC+1".
export function exact(at) {
  return `${bare(at)} ${zoneName(at)}`;
}

// The moment for places that name the zone elsewhere: with the zone only if it differs from the
// present one.
export function moment(at) {
  const zone = zoneName(at);
  return zone === zoneName() ? bare(at) : `${bare(at)} ${zone}`;
}

function bare(at) {
  const date = shift(at);
  return `${day(date)} ${time(date)}:${two(date.getUTCSeconds())}`;
}

export const DAY_NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

// "Tue 2026-11-24, 21:00 to 22:00"; with the zones if summer time begins or ends in it.
export function span(from, to) {
  const [start, end] = [shift(from), shift(to)];
  const [zone, endZone] = zoneName(from) === zoneName(to) ? ['', ''] : [` ${zoneName(from)}`, ` ${zoneName(to)}`];
  const until = day(start) === day(end) ? time(end) : `${day(end)} ${time(end)}`;
  return `${DAY_NAMES[start.getUTCDay()]} ${day(start)}, ${time(start)}${zone} to ${until}${endZone}`;
}

// What a connector is called: its id, if its name is blank.
const UNSEEN = /^[\s\p{C}\p{Z}\u115f\u1160\u3164\uffa0\u2800]*$/u;
export const isNamed = ({ name }) => Boolean(name) && !UNSEEN.test(name);
export const nameOf = (connector) => (isNamed(connector) ? connector.name : connector.id);

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

// ---- words that are searched ----

// What the server takes of a query.
const QUERY_WORDS = 16;              // different ones
const QUERY_BYTES = 256;
export const QUERY_LIMIT = `A search has at most ${QUERY_WORDS} different words, and ${QUERY_BYTES} letters: ` +
  'the others are left out.';

const bytesOf = (text) => new TextEncoder().encode(text).length;
const inLowerCase = (word) => word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()); // as the server compares

// The beginning of a query that the server takes, with whole words; { query, isCut }.
export function fitQuery(text) {
  const words = text.trim().split(' ').filter(Boolean);
  const known = new Set();
  let query = '';
  for (const word of words) {
    const longer = query ? `${query} ${word}` : word;
    known.add(inLowerCase(word));
    if (known.size > QUERY_WORDS || bytesOf(longer) > QUERY_BYTES) {
      return { query: query || firstBytes(word), isCut: true };
    }
    query = longer;
  }
  return { query, isCut: false };
}

function firstBytes(word) {
  let part = '';
  for (const letter of word) {
    if (bytesOf(part + letter) > QUERY_BYTES) break;
    part += letter;
  }
  return part;
}

// ---- words that were searched ----

const LEAD = 40; // characters before the first of them, if it is far into the text

// Of a word with wildcards, the pieces between them are marked.
const patternOf = (query) => query.split(/[ *?]+/).filter(Boolean)
  .map((piece) => piece.replace(/[.+^${}()|[\]\\]/g, '\\$&')).join('|');

// A text in parts, as [text, isMarked]: at most `length` characters of it, with the words of a query marked. It begins
// near the first of them.
export function excerpt(text, query, length) {
  const pattern = patternOf(query);
  if (!pattern) return [[text.slice(0, length), false]];
  const words = new RegExp(`(${pattern})`, 'gi');
  const first = text.search(words);
  const from = first > 2 * LEAD ? first - LEAD : 0;
  const parts = text.slice(from, from + length).split(words).map((part, i) => [part, i % 2 === 1]);
  return [[from ? '…' : '', false], ...parts].filter(([part]) => part);
}
