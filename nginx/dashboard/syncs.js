// What the server says of syncs: those that have ended, newest first, and whether one runs.

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
