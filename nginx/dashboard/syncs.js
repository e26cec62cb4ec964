// Reads a connector's reports, newest first, as syncs: a sync reports that it is pending and in
// progress, perhaps many times, before it ends.

const UNDER_WAY = ['pending', 'in_progress', 'canceling'];

const KINDS = { content: ['content', 'both'], access_control: ['access_control', 'both'] };

// One report as a sync of `kind`: its status and error, whichever kind they are reported under.
function asSync(report, kind) {
  if (kind === 'content') return report;
  return { ...report, status: report.access_control_status, error: report.access_control_error,
    indexed_document_count: null, deleted_document_count: null };
}

// When it was: as the connector says, if it says so anew with this sync, else when it reported.
function whenOf(sync, older, kind) {
  const { at, last_synced: said, status } = sync;
  const isNew = kind === 'content' && !UNDER_WAY.includes(status) && said !== older?.last_synced;
  return isNew && said ? said : at;
}

// The ended syncs of a kind, and the one that is under way, which can only be the newest.
export function syncsOf(reports, kind) {
  const syncs = reports.filter((report) => KINDS[kind].includes(report.kind))
    .map((report) => asSync(report, kind)).filter((sync) => sync.status);
  return syncs.filter((sync, i) => i === 0 || !UNDER_WAY.includes(sync.status))
    .map((sync, i, all) => ({ ...sync, when: whenOf(sync, all[i + 1], kind) }));
}

export const isUnderWay = (sync) => UNDER_WAY.includes(sync.status);

// "20 syncs: 17 completed, 3 error".
export function tally(syncs) {
  const counts = new Map();
  for (const { status } of syncs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status.replace('_', ' ')}`).join(', ');
}
