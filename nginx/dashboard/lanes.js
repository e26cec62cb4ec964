// Syncs over time, in three lanes: the share that succeeded, syncs, and documents. The figure is
// read with the pointer, or with the arrow keys like a slider.

import { draw, make, setAttribute, setText } from './dom.js';
import { count, DAY_NAMES, duration, plural, shift, shortCount, span } from './words.js';

const LEFT = 52;                     // for the labels of the lanes
const LANES = { share: { top: 8, height: 40 }, syncs: { top: 64, height: 84 },
  documents: { top: 164, height: 64 } };
const HEIGHT = 250;
const LEAST = 3;                     // pixels, of anything above zero
const DOTTED = 31;                   // times at most that have a dot each
const FLOORS = [95, 90, 80, 50, 0];  // per cent at which the first lane may begin
const HOUR = 3600000;
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };
const HINT = 'Point at a time, or use the arrow keys, to read it.';

const sum = (results, name) => results.reduce((all, result) => all + Number(result[name] ?? 0), 0);

// 99.96 % are not 100 %.
export const rate = ({ completed, failed }) => (completed + failed > 0
  ? Math.floor(1000 * completed / (completed + failed)) / 10 : null);
export const rateWords = (counts) => (rate(counts) === null ? null : `${rate(counts).toFixed(1)} %`);

// All of them together. The server counts suspended syncs as canceled ones; `share` is of those that are neither.
export function tally(results) {
  const [completed, failed, canceled] = ['completed', 'failed', 'canceled'].map((name) =>
    sum(results, name));
  return { completed, failed, canceled, syncs: completed + failed + canceled, judged: completed + failed,
    indexed: sum(results, 'indexed_document_count'), deleted: sum(results, 'deleted_document_count'),
    duration: sum(results, 'duration_ms'), share: rateWords({ completed, failed }) };
}

export const stoppedWords = ({ canceled }) => `${count(canceled)} canceled or suspended`;

// A tally in words: "96.0 % of 100 syncs; 4 failed; 2 canceled or suspended", without `failed` if that is ''.
export const tallyWords = ({ share, judged, canceled }, failed) => [share && `${share} of ${plural(judged, 'sync')}`,
  share && failed, canceled && stoppedWords({ canceled })].filter(Boolean).join('; ');

// Days are counted in UTC, even if another zone is shown.
function timeWords(time, unit) {
  const at = Date.parse(time);
  if (unit === 'hour') return span(at, at + HOUR);
  return `${DAY_NAMES[new Date(at).getUTCDay()]} ${time.slice(0, 10)} (UTC)`;
}

function tickWords(time, unit) {
  return unit === 'hour' ? shift(Date.parse(time)).toISOString().slice(5, 16).replace('T', ' ')
    : time.slice(5, 10);
}

export function describe(result, unit) {
  const { completed, failed, canceled } = result;
  const parts = completed + failed + canceled === 0 ? ['no sync ended'] : [
    completed && `${plural(completed, 'sync')} completed`,
    failed && `${count(failed)} failed`,
    canceled && stoppedWords(result),
    failed && `${rateWords(result)} succeeded`,
    Number(result.indexed_document_count) && `${count(result.indexed_document_count)} indexed`,
    Number(result.deleted_document_count) && `${count(result.deleted_document_count)} deleted`,
    Number(result.longest_ms) && `the longest took ${duration(result.longest_ms)}`,
  ].filter(Boolean);
  return `${timeWords(result.time, unit)}: ${parts.join(', ')}`;
}

// ---- drawing ----

function label(text, y) {
  return draw('text', { class: 'tick', x: LEFT - 8, y: y + 4, 'text-anchor': 'end', text });
}

const line = (name, x1, x2, y) => draw('line', { class: name, x1, x2, y1: y, y2: y });

function drawShare(results, place) {
  const { top, height } = LANES.share;
  const rates = results.map(rate);
  const least = Math.min(100, ...rates.filter((value) => value !== null));
  const floor = FLOORS.find((value) => value <= least);
  const yOf = (value) => top + height * (100 - value) / (100 - floor);
  const runs = [];
  rates.forEach((value, i) => {
    if (value === null) return;
    const point = `${place.middle(i).toFixed(1)},${yOf(value).toFixed(1)}`;
    if (i && rates[i - 1] !== null) runs.at(-1).push(point);
    else runs.push([point]);
  });
  const isAlone = (i) => (rates[i - 1] ?? null) === null && (rates[i + 1] ?? null) === null;
  const dots = rates.map((value, i) => value !== null && (rates.length <= DOTTED || isAlone(i)) &&
    draw('circle', { class: value < 100 ? 'dot less' : 'dot', cx: place.middle(i), cy: yOf(value),
      r: 2.5 })).filter(Boolean);
  return [line('grid', LEFT, place.width, top), line('grid', LEFT, place.width, top + height),
    label('100 %', top), label(`${floor} %`, top + height),
    ...runs.map((points) => draw('polyline', { class: 'rate', points: points.join(' ') })), ...dots];
}

// A lane whose first measure goes up from its line, and whose second goes down, by the same scale.
function drawBars(results, place, { top, height }, [up, down], [upClass, downClass]) {
  const numbers = (name) => results.map((result) => Number(result[name] ?? 0));
  const [ups, downs] = [numbers(up), numbers(down)];
  const [mostUp, mostDown] = [Math.max(...ups, 0), Math.max(...downs, 0)];
  const room = height - (mostUp ? LEAST : 0) - (mostDown ? LEAST : 0);
  const scale = mostUp + mostDown ? room / (mostUp + mostDown) : 0;
  const long = (number) => (number ? LEAST + number * scale : 0);
  const base = top + (mostUp ? long(mostUp) : mostDown ? 0 : height);
  const gap = place.slot > 4 ? 1 : 0;
  const bar = (name, i, y, tall) => draw('rect', { class: `bar ${name}`, x: place.left(i) + gap / 2,
    y, width: place.slot - gap, height: tall });
  return [label(shortCount(mostUp), mostUp ? top : base),
    ...(mostDown ? [label(shortCount(mostDown), base + long(mostDown))] : []),
    ...ups.flatMap((number, i) => (number ? [bar(upClass, i, base - long(number), long(number))] : [])),
    ...downs.flatMap((number, i) => (number ? [bar(downClass, i, base, long(number))] : [])),
    line('base', LEFT, place.width, base)];
}

function drawTimes(results, place, unit) {
  const last = results.length - 1;
  const places = [[0, 'start'], ...(place.width > 420 ? [[Math.round(last / 2), 'middle']] : []), [last, 'end']];
  return places.map(([i, anchor]) => draw('text', { class: 'tick', y: HEIGHT - 4, 'text-anchor': anchor,
    x: anchor === 'start' ? place.left(i) : anchor === 'end' ? place.width : place.middle(i),
    text: tickWords(results[i].time, unit) }));
}

function figureOf(results, unit, width, label) {
  const slot = (width - LEFT) / results.length;
  const place = { width, slot, left: (i) => LEFT + i * slot, middle: (i) => LEFT + (i + 0.5) * slot };
  const mark = draw('rect', { class: 'marker', y: 0, height: HEIGHT - 18, width: Math.max(slot, 2),
    visibility: 'hidden' });
  return draw('svg', { class: 'flow', viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT,
    role: 'img', 'aria-label': label }, mark, ...drawShare(results, place),
  ...drawBars(results, place, LANES.syncs, ['completed', 'failed'], ['completed', 'failed']),
  ...drawBars(results, place, LANES.documents, ['indexed_document_count', 'deleted_document_count'],
    ['indexed', 'deleted']), ...drawTimes(results, place, unit));
}

const key = (name, text) => make('span', { class: `key ${name}`, text });

export class Lanes {
  constructor(label) {
    this.label = label;
    this.place = null;
    this.figure = make('div', { class: 'figure flows', tabindex: '0', role: 'slider',
      'aria-label': label, 'aria-valuemin': '0' });
    this.readOut = make('p', { class: 'read-out' });
    this.node = make('div', { class: 'lanes' }, this.readOut, this.figure, make('p', { class: 'legend' },
      key('rate', 'succeeded'), key('completed', 'syncs completed'), key('failed-cell', 'failed'),
      key('indexed', 'documents indexed'), key('deleted', 'deleted')));
    this.#listen();
    new ResizeObserver(() => this.#draw()).observe(this.figure);
  }

  #listen() {
    this.figure.addEventListener('pointermove', (event) => {
      const box = this.figure.getBoundingClientRect();
      const place = Math.floor((event.clientX - box.left - LEFT) / (box.width - LEFT) * this.results.length);
      this.#read(place < 0 ? null : place);
    });
    this.figure.addEventListener('pointerleave', () => this.#read(null));
    this.figure.addEventListener('keydown', (event) => {
      if (!(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.#read(Math.max((this.place ?? this.results.length) + KEYS[event.key], 0));
    });
  }

  // `results` are the server's, the oldest first; `unit` is 'hour' or 'day'.
  update(results, unit) {
    this.results = results;
    this.unit = unit;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.figure.clientWidth);
    if (!this.results?.length || !width) return;
    const words = JSON.stringify(this.results, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    const drawn = `${width} ${tickWords(this.results[0].time, this.unit)} ${words}`;
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const { syncs, failed } = tally(this.results);
    this.figure.replaceChildren(figureOf(this.results, this.unit, width,
      `${this.label}: ${plural(syncs, 'sync')}, ${count(failed)} failed`));
    setAttribute(this.figure, 'aria-valuemax', this.results.length - 1);
    this.#read(this.place);
  }

  #read(wanted) {
    const last = this.results.length - 1;
    const shown = Math.min(wanted ?? last, last);
    const words = describe(this.results[shown], this.unit);
    const mark = this.figure.querySelector('.marker');
    const slot = (mark.ownerSVGElement.viewBox.baseVal.width - LEFT) / this.results.length;
    this.place = wanted === null ? null : shown;
    setAttribute(mark, 'visibility', wanted === null ? 'hidden' : 'visible');
    setAttribute(mark, 'x', LEFT + shown * slot);
    setText(this.readOut, wanted === null ? HINT : words);
    setAttribute(this.figure, 'aria-valuenow', shown);
    setAttribute(this.figure, 'aria-valuetext', words);
  }
}
