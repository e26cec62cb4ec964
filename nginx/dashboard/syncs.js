// Reads the server's data on syncs: those that have ended, newest first, and whether one runs.

import { cronInWords, timesOfAll } from './schedule.js';
import { count, since } from './words.js';

const RUNNING = ['in_progress', 'canceling'];

// The time of a sync: the connector's, if this sync reported a new one, else that of the report.
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

// When a connector whose content fails tries again, as text; null if that is not known.
export function nextTry({ schedules = [], content }, now) {
  if (!content.consecutive_failures) return null;
  const [next] = timesOfAll(schedules, now, now + SOON, 1) ?? [];
  return next === undefined ? null : new Date(next).toISOString();
}
