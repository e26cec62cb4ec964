// A connector's strip of time, large: read with the pointer, or with the arrow keys like a slider.

import { make, setAttribute, setText, show } from './dom.js';
import { cellAt, cellsOf, describeCell, describeStrip, markCell, RANGES, shareWords, strip } from './strip.js';
import { runningSync, syncsOf } from './syncs.js';
import { now } from './time.js';
import { zoneName } from './words.js';

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };
const HINT = 'Point at a cell, or use the arrow keys, to read it.';

export class Timeline {
  // `choose` is called with the range that the user wants.
  constructor(choose) {
    this.range = '24h';
    this.place = null;
    this.switch = make('div', { class: 'switch', role: 'group', 'aria-label': 'Range' },
      ...Object.entries(RANGES).map(([range, { label }]) => make('button', { type: 'button',
        'data-range': range, text: label, onclick: () => choose(range) })));
    this.figure = make('div', { class: 'figure timeline', tabindex: '0', role: 'slider',
      'aria-label': 'Past syncs by time', 'aria-valuemin': '0' });
    this.share = make('span', { class: 'hint' });
    this.readOut = make('p', { class: 'read-out' });
    this.node = make('section', { class: 'panel' },
      make('div', { class: 'panel-head' }, make('h2', { text: 'Content syncs by time' }), this.share,
        this.switch),
      this.readOut, this.figure,
      make('p', { class: 'legend' }, make('span', { class: 'key indexed', text: 'completed' }),
        make('span', { class: 'key failed-cell', text: 'failed, below the line' }),
        make('span', { class: 'key missed', text: 'missed' }),
        make('span', { class: 'key unknown', text: 'not known here' })));
    this.#listen();
    new ResizeObserver(() => this.#draw()).observe(this.figure);
  }

  #listen() {
    this.figure.addEventListener('pointermove', (event) => {
      const svg = this.figure.querySelector('svg');
      if (svg) this.#read(cellAt(svg, event));
    });
    this.figure.addEventListener('pointerleave', () => this.#read(null));
    this.figure.addEventListener('keydown', (event) => {
      if (!(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const last = this.cells.length - 1;
      this.#read(Math.min(Math.max((this.place ?? last + 1) + KEYS[event.key], 0), last));
    });
  }

  setRange(range) {
    if (this.range !== range) this.place = null;
    this.range = range;
    for (const button of this.switch.children) {
      setAttribute(button, 'aria-pressed', String(button.dataset.range === range));
    }
    this.redraw();
  }

  // As when the zone of its words has changed.
  redraw() {
    if (this.result) this.#draw();
  }

  update(result, history, isWhole) {
    this.result = result;
    this.history = history;
    this.isWhole = isWhole;
    this.#draw();
  }

  #draw() {
    const width = Math.floor(this.figure.clientWidth);
    if (!this.result || !width) return;
    const syncs = syncsOf(this.history, 'content', this.isWhole);
    const running = runningSync(this.result, now());
    const isRunning = Boolean(running);
    this.cells = cellsOf({ syncs, schedules: this.result.schedules, range: this.range, now: now(),
      isWhole: this.isWhole, running });
    const label = describeStrip(this.cells, this.range);
    const drawn = [width, zoneName(), isRunning, this.isWhole, this.range, this.cells[0].from, this.history[0]?.id,
      this.cells.map(({ missed }) => missed)].join(' ');
    setText(this.share, shareWords(this.cells));
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    this.figure.replaceChildren(strip(this.cells, { width, up: 40, down: 18, isRunning, label }));
    setAttribute(this.figure, 'aria-valuemax', this.cells.length - 1);
    this.#read(this.place);
  }

  #read(place) {
    this.place = place;
    const shown = place ?? this.cells.length - 1;
    markCell(this.figure.querySelector('svg'), place);
    setText(this.readOut, place === null ? HINT : describeCell(this.cells[place]));
    setAttribute(this.figure, 'aria-valuenow', shown);
    setAttribute(this.figure, 'aria-valuetext', describeCell(this.cells[shown]));
    show(this.readOut, true);
  }
}
