// What the server says of syncs: those that have ended, newest first, and whether one runs.

import { cronInWords, timesOfAll } from './schedule.js';
import { count, since } from './words.js';

const RUNNING = ['in_progress', 'canceling'];

// When it was: as the connector says, if it says so anew with this sync, else when it reported.
function whenOf({ at, last_synced: said, kind }, older) {
  return kind === 'content' && said && said !== older?.last_synced ? said : at;
}

// The syncs of a kind, of a history.
export function syncsOf(history, kind) {
  return history.filter((sync) => sync.kind === kind)
    .map((sync, i, all) => ({ ...sync, when: whenOf(sync, all[i + 1]) }));
}

export const runs = ({ content, access_control: access }) =>
  RUNNING.includes(content.status) || RUNNING.includes(access.status);

// What is said of one that runs a sync, beside its state: "running", "retrying".
export const runningWord = ({ state }) => (state === 'failing' ? 'retrying' : 'running');

// "20 syncs: 17 completed, 3 error".
export function tally(syncs) {
  const counts = new Map();
  for (const { status } of syncs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status.replace('_', ' ')}`).join(', ');
}

const MISSED_MOST = 1000;            // that are counted
const SOON = 400 * 24 * 3600000;     // a schedule's next time is looked for so far ahead

// "3 in a row, for".
export function failingWords({ content, access_control: access }) {
  const failures = Math.max(content.consecutive_failures, access.consecutive_failures);
  return failures > 1 ? `${count(failures)} in a row, for` : 'for';
}

const inWords = (expressions) => expressions.map((expression) =>
  cronInWords(expression) ?? expression).join(' and ');

// Why it is late: "daily at 02:00 UTC, missed 5".
export function lateWords({ schedules = [], content, due_at: due }, now) {
  const success = Date.parse(content.last_success ?? '');
  if (!schedules.length) {
    const allowed = Date.parse(due) - Math.floor(success / 1000) * 1000; // due is in whole seconds
    return Number.isNaN(allowed) ? '' : `no schedule; one within ${since(0, allowed)} is expected`;
  }
  const times = Number.isNaN(success) ? null
    : timesOfAll(schedules, success + 1, now, MISSED_MOST);
  if (!times?.length) return inWords(schedules);
  const more = times.length === MISSED_MOST ? ' or more' : '';
  return `${inWords(schedules)}, missed ${count(times.length)}${more}`;
}

// The next time at which one tries again whose content fails, as text; null where that is not known.
export function nextTry({ schedules = [], content }, now) {
  if (!content.consecutive_failures) return null;
  const [next] = timesOfAll(schedules, now, now + SOON, 1) ?? [];
  return next === undefined ? null : new Date(next).toISOString();
}
