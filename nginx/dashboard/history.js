// A connector's past syncs, of content or of access control: a chart, and a table that has them in
// figures and goes further back.

import { arrange, isIdle, make, setAttribute, setIdle, setText, setValue, show, showOrPass } from './dom.js';
import { chart } from './chart.js';
import { areAll } from './histories.js';
import { icon } from './icons.js';
import { askHistory } from './source.js';
import { syncsOf } from './syncs.js';
import { setTime } from './time.js';
import { count, duration, STATUSES } from './words.js';

const STEP = 15;                     // rows shown at first, and added by the button
const CHARTED = 60;                  // syncs at most in the chart
const FETCHED = 100;                 // syncs in one request
const PATIENCE = 15000;
const KINDS = { content: 'Content', access_control: 'Access control' };

const COLUMNS = [['When'], ['Status'], ['Indexed', 'number'], ['Deleted', 'number'],
  ['Took', 'number'], ['Error']];

function filled(node, text) {
  setValue(node, text);
  return node;
}

function tableRow(sync) {
  const time = make('time', { 'data-form': 'moment' });
  const known = STATUSES[sync.status];
  const cell = (name, label, ...children) => make('td', { role: 'cell', class: name,
    'data-label': label }, ...children);
  const error = cell('error-text', 'Error');
  if (sync.error && sync.status === 'error') error.append(make('bdi', { text: sync.error }));
  return make('tr', { role: 'row', 'data-status': sync.status },
    cell('when', null, time),
    cell('status', null, make('span', { class: `badge-icon ${known?.look ?? 'disabled'}` },
      icon(known?.look ?? 'disabled')), known?.label ?? sync.status),
    filled(cell('number', 'Indexed'), count(sync.indexed_document_count)),
    filled(cell('number', 'Deleted'), count(sync.deleted_document_count)),
    filled(cell('number', 'Took'), duration(sync.duration_ms)), error);
}

// The syncs that are not among others.
function without(syncs, others) {
  const ids = new Set(others.map(({ id }) => id));
  return syncs.filter(({ id }) => !ids.has(id));
}

// Whether none is missing between new syncs and known ones.
const isConnected = (results, known) => !known.length || without(results, known).length < results.length;

function switchButton(kind, choose) {
  return make('button', { type: 'button', 'data-kind': kind, text: KINDS[kind],
    'aria-pressed': String(kind === 'content'), onclick: () => choose(kind) });
}

export class History {
  constructor(id) {
    this.id = id;
    this.kind = 'content';
    this.latest = [];                // the first answer's syncs
    this.older = [];                 // syncs loaded after them
    this.next = null;
    this.isWhole = false;            // there are none before these
    this.limit = STEP;
    this.rows = new Map();           // kind and entry id -> <tr>, of those shown
    this.#build();
    new ResizeObserver(() => this.#drawChart()).observe(this.figure);
  }

  #build() {
    const choose = (kind) => this.#choose(kind);
    this.switch = make('div', { class: 'switch', role: 'group', 'aria-label': 'Kind of syncs' },
      ...Object.keys(KINDS).map((kind) => switchButton(kind, choose)));
    this.figure = make('div', { class: 'figure' });
    this.readOut = make('p', { class: 'read-out', 'aria-hidden': 'true' });
    this.body = make('tbody', { role: 'rowgroup' });
    const head = COLUMNS.map(([name, kind]) =>
      make('th', { role: 'columnheader', scope: 'col', class: kind, text: name }));
    this.table = make('table', { class: 'past', role: 'table', tabindex: '-1', 'aria-label': 'Past syncs' },
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)), this.body);
    this.empty = make('p', { class: 'hint' });
    this.more = make('button', { type: 'button', text: 'Show older', onclick: () => this.#grow() });
    this.fault = make('p', { class: 'hint', role: 'status' });
    this.legend = make('p', { class: 'legend' },
      make('span', { class: 'key indexed', text: 'indexed' }),
      make('span', { class: 'key deleted', text: 'deleted, below the line' }),
      make('span', { class: 'key failed', text: 'failed' }));
    this.node = make('section', { class: 'panel' },
      make('div', { class: 'panel-head' }, make('h2', { text: 'History' }), this.switch),
      this.readOut, this.figure, this.legend, this.empty, this.table, this.more, this.fault);
  }

  #choose(kind) {
    this.kind = kind;
    this.limit = STEP;
    for (const button of this.switch.children) {
      setAttribute(button, 'aria-pressed', String(button.dataset.kind === kind));
    }
    this.#show();
  }

  // Loads older syncs, as far as the table needs them.
  async #grow() {
    if (isIdle(this.more)) return;
    setText(this.fault, '');
    this.limit += STEP;
    const needed = this.#syncs().length < this.limit;
    if (needed && this.next) {
      setIdle(this.more, true);
      const known = [...this.latest, ...this.older];
      try {
        const request = { size: FETCHED, before: this.next };
        const { body } = await askHistory(this.id, request, AbortSignal.timeout(PATIENCE));
        if (!isConnected(this.latest, known)) throw new Error('too many have ended meanwhile');
        this.older = without([...known, ...body.results], this.latest);
        this.next = body.next;
        this.isWhole = !this.next && areAll(this.latest.length + this.older.length, Infinity);
      } catch (error) {
        setText(this.fault, `Older syncs could not be read: ${error.message}`);
        this.limit -= STEP;
      } finally {
        setIdle(this.more, false);
      }
    }
    this.#show();
  }

  update({ results, next }, isWhole) {
    if (!isConnected(results, this.latest)) this.older = []; // "Show older" loads them, and what lies between
    if (!this.older.length) {
      this.next = next;
      this.isWhole = isWhole;
    }
    const drawn = `${results[0]?.id ?? ''} ${this.isWhole}`;
    if (this.drawn === drawn) return;
    if (this.older.length) this.older.unshift(...without(this.latest, results)); // they were pushed out
    this.drawn = drawn;
    this.latest = results;
    this.#show();
  }

  #syncs() {
    return syncsOf([...this.latest, ...this.older], this.kind, this.isWhole);
  }

  #show() {
    const syncs = this.#syncs();
    const shown = syncs.slice(0, this.limit);
    this.syncs = syncs.slice(0, CHARTED);
    this.rows = new Map(shown.map((sync) => [`${this.kind} ${sync.id}`, this.#row(sync)]));
    arrange(this.body, [...this.rows.values()]);
    show(this.table, syncs.length > 0);
    show(this.figure, syncs.length > 0);
    show(this.legend, syncs.length > 0 && this.kind === 'content');
    show(this.empty, !syncs.length);
    setText(this.empty, `No ${KINDS[this.kind].toLowerCase()} sync has ended yet.`);
    showOrPass(this.more, syncs.length > shown.length || Boolean(this.next), this.table);
    this.table.classList.toggle('no-documents', this.kind !== 'content');
    this.#drawChart();
  }

  // The time of the oldest one may be another one as soon as older ones are known.
  #row(sync) {
    const row = this.rows.get(`${this.kind} ${sync.id}`) ?? tableRow(sync);
    setTime(row.querySelector('time'), sync.when);
    return row;
  }

  #drawChart() {
    const width = Math.floor(this.figure.clientWidth);
    if (!this.syncs?.length || !width) return;
    this.figure.replaceChildren(chart(this.syncs, width, (text) => setText(this.readOut, text)));
  }
}
