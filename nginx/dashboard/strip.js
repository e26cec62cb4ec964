// A strip of time: past syncs as cells of equal length, so that a time without syncs shows as a
// hole, and a missed sync as a hollow cell.

import { draw } from './dom.js';
import { grace, timesOfAll } from './schedule.js';
import { count, plural, span } from './words.js';

const HOUR = 3600000;

// The choices, by the word in the address.
export const RANGES = {
  '24h': { label: '24 h', cell: HOUR, cells: 24 },
  '7d': { label: '7 days', cell: 6 * HOUR, cells: 28 },
};

const documents = (syncs) => syncs.reduce((sum, { indexed_document_count: number }) =>
  sum + Number(number ?? 0), 0);
const haveCounts = (syncs) => syncs.some(({ indexed_document_count: number }) => (number ?? null) !== null);
const withStatus = (syncs, status) => syncs.filter((sync) => sync.status === status);

// The scheduled times after which no sync ran until the next one.
function missedTimes(schedules, moments, from, now) {
  const times = schedules?.length ? timesOfAll(schedules, from, now - grace) ?? [] : [];
  let place = 0;
  return times.filter((time, i) => {
    while (place < moments.length && moments[place].at < time) place++;
    return !(place < moments.length && moments[place].began < (times[i + 1] ?? Infinity));
  });
}

// The cells of a range, the oldest first: { from, to, syncs, missed, known }. `syncs` are newest
// first; `isWhole` tells that there are no older ones; `running` is since when one runs and until when
// that is known, or null.
export function cellsOf({ syncs, schedules, range, now, isWhole, running = null }) {
  const { cell, cells } = RANGES[range];
  const end = (Math.floor(now / cell) + 1) * cell;
  const start = end - cells * cell;
  const moments = syncs.map((sync) => ({ sync, at: Date.parse(sync.when) }))
    .map(({ sync, at }) => ({ sync, at, began: at - Number(sync.duration_ms ?? 0) }))
    .filter(({ at }) => !Number.isNaN(at)).sort((a, b) => a.at - b.at);
  const oldest = moments[0]?.at ?? Infinity;
  const missed = missedTimes(schedules, running ? [...moments, running] : moments, Math.max(start, oldest), now);
  return Array.from({ length: cells }, (_, i) => {
    const from = start + i * cell;
    const to = from + cell;
    const within = (at) => at >= from && at < to;
    return { from, to, syncs: moments.filter(({ at }) => within(at)).map(({ sync }) => sync),
      missed: missed.filter(within).length, known: to > oldest, isBefore: isWhole && to <= oldest };
  });
}

// "57 % of 7 syncs": how many of the cells' syncs completed, among those that completed or failed; '' if there are none.
// 99.9 % are not 100 %. Of whole numbers alone, because 100 times 0.58 is less than 58.
export function shareWords(cells) {
  const syncs = cells.flatMap((cell) => cell.syncs);
  const completed = withStatus(syncs, 'completed').length;
  const judged = completed + withStatus(syncs, 'error').length;
  return judged ? `${Math.floor(100 * completed / judged)} % of ${plural(judged, 'sync')}` : '';
}

// The others by their status: "1 canceled", "2 suspended".
function otherCounts(syncs) {
  const statuses = [...new Set(syncs.map(({ status }) => status))].filter((status) =>
    !['completed', 'error'].includes(status));
  return statuses.map((status) => `${withStatus(syncs, status).length} ${status.replaceAll('_', ' ')}`);
}

// A cell in words.
export function describeCell(cell) {
  const { syncs, missed, from, to, known, isBefore } = cell;
  const failed = withStatus(syncs, 'error').length;
  const completed = withStatus(syncs, 'completed');
  const parts = [
    completed.length && `${plural(completed.length, 'sync')} completed`,
    haveCounts(completed) && `${count(documents(completed))} indexed`,
    failed && `${failed} failed`, ...otherCounts(syncs),
    missed && `${missed} missed`,
  ].filter(Boolean);
  const none = isBefore ? 'before its first sync' : known ? 'no sync' : 'older than what is kept here';
  return `${span(from, to)}: ${parts.join(', ') || none}`;
}

// "last 24 h: 20 completed, 1 failed, 3 missed".
export function describeStrip(cells, range) {
  const syncs = cells.flatMap((cell) => cell.syncs);
  const missed = cells.reduce((sum, cell) => sum + cell.missed, 0);
  const parts = [`${withStatus(syncs, 'completed').length} completed`, `${withStatus(syncs, 'error').length} failed`,
    ...otherCounts(syncs), missed && `${missed} missed`].filter(Boolean);
  return `last ${RANGES[range].label}: ${parts.join(', ')}`;
}

// ---- drawing: completed syncs go up from the line, failed ones go down ----

function cellParts(cell, { x, wide, up, down, most }) {
  const completed = withStatus(cell.syncs, 'completed');
  const failed = withStatus(cell.syncs, 'error');
  const parts = [];
  const rect = (name, y, height) =>
    draw('rect', { class: name, x, y, width: wide, height, rx: Math.min(1, wide / 4) });
  if (completed.length) {
    // By the square root, so that a small sync beside a large one stays visible.
    const height = 3 + (up - 3) * Math.sqrt(most ? documents(completed) / most : 0);
    parts.push(rect('completed', up - height, height));
  }
  if (failed.length) parts.push(rect('error', up + 1.5, down - 1.5));
  if (!completed.length && !failed.length && cell.syncs.length) parts.push(rect('other', up - 1, 2));
  if (!cell.syncs.length && cell.missed) {
    parts.push(draw('rect', { class: 'missed', x: x + 0.5, y: up - 6.5, width: wide - 1, height: 7 }));
  }
  return parts;
}

// The cells as a picture, and a mark that `markCell` moves.
export function strip(cells, { width, up = 16, down = 8, isRunning, label }) {
  const slot = width / cells.length;
  const gap = Math.max(1, slot / 5);
  const wide = slot - gap;
  const placeOf = (i) => i * slot + gap / 2;
  const most = Math.max(...cells.map(({ syncs }) => documents(withStatus(syncs, 'completed'))), 0);
  const first = cells.findIndex(({ known }) => known);
  const edge = first < 0 ? width : placeOf(first) - gap / 2;
  const line = (name, x1, x2) =>
    draw('line', { class: name, x1, x2, y1: up + 0.5, y2: up + 0.5 });
  const mark = draw('rect', { class: 'mark', y: 0, width: slot, height: up + down,
    visibility: 'hidden' });
  const parts = cells.flatMap((cell, i) =>
    cellParts(cell, { x: placeOf(i), wide, up, down, most }));
  if (isRunning) {
    parts.push(draw('circle', { class: 'running', cx: width - slot / 2, cy: up - 3, r: 1.9 }));
  }
  return draw('svg', { class: 'strip', viewBox: `0 0 ${width} ${up + down}`, width,
    height: up + down, role: 'img', 'aria-label': label, 'data-cells': cells.length },
  mark, edge > 0 ? line('base unknown', 0, edge) : null,
  edge < width ? line('base', edge, width) : null, ...parts);
}

// Marks the cell at a place, or none.
export function markCell(svg, place) {
  const mark = svg.querySelector('.mark');
  const known = place !== null && place >= 0 && place < Number(svg.dataset.cells);
  mark.setAttribute('visibility', known ? 'visible' : 'hidden');
  if (known) mark.setAttribute('x', place * svg.viewBox.baseVal.width / Number(svg.dataset.cells));
}

// The place of the cell under a pointer.
export function cellAt(svg, event) {
  const box = svg.getBoundingClientRect();
  const place = Math.floor((event.clientX - box.left) / box.width * Number(svg.dataset.cells));
  return Math.min(Math.max(place, 0), Number(svg.dataset.cells) - 1);
}
