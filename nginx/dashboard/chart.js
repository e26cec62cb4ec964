// Draws a connector's syncs as bars: indexed documents above the line, deleted ones below it, and a
// cross there for a failure, so that they differ by more than colour.

import { draw } from './dom.js';
import { count, duration, exact, shortCount, STATUSES } from './words.js';
import { tally } from './syncs.js';
import { ageText } from './time.js';

const documents = (sync) => Number(sync.indexed_document_count ?? 0);
const deleted = (sync) => Number(sync.deleted_document_count ?? 0);

const HEIGHT = 220;
const LEFT = 52;
const RIGHT = 8;
const TOP = 12;
const BOTTOM = 26;
const ROOM = HEIGHT - TOP - BOTTOM;
const LEAST_BELOW = 28;              // failures are marked there

// The next round number from `value` on: 1, 2 or 5 and zeros.
function roundUp(value) {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

// The layout: indexed documents above the base line and deleted ones below it, on one scale.
function planOf(syncs, width) {
  const most = roundUp(Math.max(...syncs.map(documents), 0));
  const mostDeleted = Math.max(...syncs.map(deleted), 0);
  const share = mostDeleted / (most + mostDeleted);
  const below = Math.min(Math.max(ROOM * share, LEAST_BELOW), ROOM - 60);
  const above = ROOM - below;
  const perPixel = Math.max(most / above, mostDeleted / below);
  const slot = Math.min((width - LEFT - RIGHT) / Math.max(syncs.length, 1), 28);
  const right = width - RIGHT - slot / 2;
  return { width, most, base: TOP + above, below, slot,
    bar: Math.max(Math.min(slot - 3, 14), slot * 0.6),
    at: (i) => right - i * slot,
    height: (value) => value && Math.max(2, value / perPixel) };
}

function gridLines(plan) {
  return [0, 0.5, 1].flatMap((part) => {
    const y = Math.round(plan.base - plan.height(part * plan.most)) + 0.5;
    const x2 = plan.width - RIGHT;
    return [
      draw('line', { class: part ? 'grid' : 'base', x1: LEFT, x2, y1: y, y2: y }),
      draw('text', { class: 'tick', x: LEFT - 8, y: y + 4, 'text-anchor': 'end',
        text: shortCount(part * plan.most) }),
    ];
  });
}

function timeLabels(plan, syncs) {
  const last = syncs.length - 1;
  const span = plan.slot * last;
  const places = [0, ...(span > 120 ? [last] : []), ...(span > 360 ? [Math.round(last / 2)] : [])];
  return places.map((i) => {
    const anchor = i === 0 ? 'end' : i === last ? 'start' : 'middle';
    const half = i === 0 ? plan.slot / 2 : i === last ? -plan.slot / 2 : 0;
    return draw('text', { class: 'tick', x: plan.at(i) + half, y: HEIGHT - 6,
      'text-anchor': anchor, ...ageText(Date.parse(syncs[i].when)) });
  });
}

function band(plan, x) {
  return draw('rect', { class: 'band', x: x - plan.bar / 2, y: TOP, width: plan.bar, height: ROOM });
}

// A cross with a rim, because it may lie on a bar.
function cross(plan, x) {
  const [r, y] = [4, plan.base + LEAST_BELOW / 2];
  const d = `M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`;
  return [draw('path', { class: 'cross rim', d }), draw('path', { class: 'cross', d })];
}

function barParts(plan, sync, x) {
  const look = STATUSES[sync.status]?.look ?? 'disabled';
  const rect = (name, y, height) => draw('rect', { class: `bar ${name}`, x: x - plan.bar / 2, y,
    width: plan.bar, height, rx: Math.min(2, plan.bar / 4) });
  const [up, down] = [plan.height(documents(sync)), plan.height(deleted(sync))];
  const parts = sync.status === 'error' ? [band(plan, x)] : [];
  if (up) parts.push(rect(look, plan.base - up, up));
  if (down) parts.push(rect('deleted', plan.base + 1, down));
  if (!up && !down && !parts.length) {
    parts.push(draw('circle', { class: `dot ${look}`, cx: x, cy: plan.base, r: 2.5 }));
  }
  return sync.status === 'error' ? [...parts, ...cross(plan, x)] : parts;
}

// One sync in a line of words.
export function describe(sync) {
  const known = [
    exact(Date.parse(sync.when)),
    STATUSES[sync.status]?.label ?? sync.status,
    sync.indexed_document_count === null ? null : `${count(sync.indexed_document_count)} indexed`,
    sync.deleted_document_count === null ? null : `${count(sync.deleted_document_count)} deleted`,
    sync.duration_ms === null ? null : `took ${duration(sync.duration_ms)}`,
  ];
  return known.filter(Boolean).join(' · ');
}

// Marks the sync under the pointer, and tells about it.
function readOut(svg, plan, syncs, tell) {
  const marker = draw('rect', { class: 'marker', y: TOP, height: ROOM, width: plan.slot,
    visibility: 'hidden' });
  svg.prepend(marker);
  svg.addEventListener('pointermove', (event) => {
    const x = event.clientX - svg.getBoundingClientRect().left;
    const i = Math.round((plan.at(0) - x) / plan.slot);
    const sync = syncs[i];
    marker.setAttribute('visibility', sync ? 'visible' : 'hidden');
    if (sync) marker.setAttribute('x', plan.at(i) - plan.slot / 2);
    tell(sync ? describe(sync) : '');
  });
  svg.addEventListener('pointerleave', () => {
    marker.setAttribute('visibility', 'hidden');
    tell('');
  });
}

// `width` is in pixels; `tell` gets the words for the sync under the pointer, or '' if there is
// none.
export function chart(syncs, width, tell) {
  const plan = planOf(syncs, width);
  const bars = syncs.flatMap((sync, i) => barParts(plan, sync, plan.at(i)));
  const label = `chart of ${syncs.length} syncs: ${tally(syncs)}; the table below has the figures`;
  const svg = draw('svg', { class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, width,
    height: HEIGHT, role: 'img', 'aria-label': label },
  ...gridLines(plan), ...bars, ...timeLabels(plan, syncs));
  readOut(svg, plan, syncs, tell);
  return svg;
}
