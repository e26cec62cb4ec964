// Reads the server's data on syncs: those that have ended, newest first, and whether one runs.

import { cronInWords, grace, timesOfAll } from './schedule.js';
import { count, since } from './words.js';

const RUNNING = ['in_progress', 'canceling'];

// The time of a sync: the connector's, if this sync reported a new one, else that of the report. A time beyond those
// that JavaScript reads is none.
function whenOf({ at, last_synced: said, kind }, older) {
  const isNew = kind === 'content' && said && said !== older?.last_synced;
  return isNew && !Number.isNaN(Date.parse(said)) ? said : at;
}

// The syncs of a kind, of a history, newest first. `isWhole` tells that there are no older ones. If there are, nothing
// tells whether the oldest one reported a new time: it has that of its report, but none after the next one's.
export function syncsOf(history, kind, isWhole) {
  const syncs = history.map((sync, i) => ({ ...sync, when: whenOf(sync, history[i + 1]) }))
    .filter((sync) => sync.kind === kind);
  const oldest = syncs.at(-1);
  if (oldest && !isWhole && oldest.id === history.at(-1).id) {
    const next = syncs.at(-2)?.when;
    oldest.when = Date.parse(next) < Date.parse(oldest.at) ? next : oldest.at;
  }
  return syncs;
}

export const runs = ({ content, access_control: access }) =>
  RUNNING.includes(content.status) || RUNNING.includes(access.status);

// Since when a sync of content runs, and until when that is known; null if none runs. Of one that is lost only its
// beginning is.
export function runningSync({ state, content: { started_at: started } }, now) {
  const began = Date.parse(started ?? '');
  return Number.isNaN(began) ? null : { began, at: state === 'lost' ? began : now };
}

// The word beside the state of a connector that runs a sync: "running", "retrying".
export const runningWord = ({ state }) => (state === 'failing' ? 'retrying' : 'running');

// "20 syncs: 17 completed, 3 error".
export function tally(syncs) {
  const counts = new Map();
  for (const { status } of syncs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status.replace('_', ' ')}`).join(', ');
}

const MISSED_MOST = 1000;            // counted at most
const SOON = 400 * 24 * 3600000;     // how far ahead a schedule's next time is looked for

// "3 in a row, for".
export function failingWords({ content, access_control: access }) {
  const failures = Math.max(content.consecutive_failures, access.consecutive_failures);
  return failures > 1 ? `${count(failures)} in a row, for` : 'for';
}

const inWords = (expressions) => expressions.map((expression) =>
  cronInWords(expression) ?? expression).join(' and ');

const MINUTE = 60000;

// Whether it is the first of these times, which are to the minute, that makes it late.
const isDueBy = ([first], due) => Math.floor((Date.parse(due) - grace) / MINUTE) * MINUTE === first;

// Of one kind of sync: "daily at 02:00 UTC, missed 5"; null if these schedules do not make it late. The one that runs
// began after a time and before the next one: from that time on none is missed.
function missedWords(schedules, { last_success: last, started_at: started }, due, now) {
  const success = Date.parse(last ?? '');
  const times = Number.isNaN(success) ? null
    : timesOfAll(schedules, success + 1, now, MISSED_MOST);
  if (!times) return inWords(schedules);
  const began = Date.parse(started ?? '');
  const missed = times.filter((time, i) => time < now - grace && !(began < (times[i + 1] ?? Infinity))).length;
  if (!missed && !isDueBy(times, due)) return null;
  if (!missed && !Number.isNaN(began)) return `${inWords(schedules)}; a sync still runs`;
  const more = times.length === MISSED_MOST ? ' or more' : '';
  return `${inWords(schedules)}, missed ${count(missed || 1)}${more}`; // it is late: the first is missed
}

// Why it is late.
export function lateWords({ schedules = [], content, access_control: access, due_at: due }, now) {
  const words = schedules.length ? missedWords(schedules, content, due, now) : null;
  if (words !== null) return words;
  if (access?.schedule && access.last_success) {
    const own = missedWords([access.schedule], access, due, now);
    return own === null ? 'access control is late' : `access control: ${own}`;
  }
  if (schedules.length) return 'access control is late';
  const success = Date.parse(content.last_success ?? '');
  const allowed = Date.parse(due) - Math.floor(success / 1000) * 1000; // due is in whole seconds
  return Number.isNaN(allowed) ? '' : `no schedule; one within ${since(0, allowed)} is expected`;
}

// When a connector whose content fails tries again, as text; null if that is not known.
export function nextTry({ schedules = [], content }, now) {
  if (!content.consecutive_failures) return null;
  const [next] = timesOfAll(schedules, now, now + SOON, 1) ?? [];
  return next === undefined ? null : new Date(next).toISOString();
}
