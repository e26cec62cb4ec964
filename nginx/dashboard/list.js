// The list: the trouble in one sentence, counts by state, and a page of connectors.

import { addressOf, isFiltered, SIZES, SORTS, WINDOW } from './address.js';
import { arrange, isIdle, make, setAttribute, setIdle, setText, show } from './dom.js';
import { Histories, LATEST, WHOLE } from './histories.js';
import { icon } from './icons.js';
import { Row } from './row.js';
import { curl, exportButton } from './shell.js';
import { askOverview, askOverviewTable, askServiceTypes, isSortedByServer } from './source.js';
import { RANGES } from './strip.js';
import { now } from './time.js';
import { columnName, count, fitQuery, list, plural, QUERY_LIMIT, STATES, TROUBLES } from './words.js';

const TYPE_LENGTH = 60;              // characters of a service type in its filter
const TYPING = 250;                  // milliseconds of silence until a search begins
const TYPES_AGE = 60000;             // until the service types are requested again

const COLUMNS = [
  { name: 'State', sort: 'state' },
  { name: 'Connector', sort: 'name' },
  { name: 'Service type', sort: 'service_type' },
  { name: 'Last success', sort: 'last_success' },
  { name: 'Indexed', sort: 'indexed', kind: 'number' },
  { name: 'Deleted', sort: 'deleted', kind: 'number' },
  { name: 'Last 24 h', id: 'strip-head' },
  { name: 'Access control' },
  { name: 'Error' },
];

const element = (id) => document.getElementById(id);

const number = (value) => (value === null ? -1 : Number(value));
const text = (value) => value ?? '';

const COMPARE = {
  service_type: (a, b) => text(a.service_type).localeCompare(text(b.service_type)),
  indexed: (a, b) => number(b.content.indexed_document_count) -
    number(a.content.indexed_document_count),
  deleted: (a, b) => number(b.content.deleted_document_count) -
    number(a.content.deleted_document_count),
};

const rows = new Map();              // id -> Row, of connectors on the page
const histories = new Histories();
let view = null;
let go = null;
let answer = null;
let answered = '';                   // what that answers, as questionOf
let isOpened = false;                // the view was opened, and no answer has come since
let typesAskedAt = -Infinity;

// The parameters that decide which rows the server gives.
const questionOf = ({ states, type, query, sort, from, size }) =>
  JSON.stringify([states, type, query, isSortedByServer(sort) ? sort : 'state', from, size]);

// Whether the rows on the screen are those of the filters, and of now.
function showBusy() {
  const isBusy = Boolean(answer) && (isOpened || answered !== questionOf(view));
  setAttribute(element('list'), 'aria-busy', isBusy ? 'true' : null);
  if (isBusy) setText(element('found'), 'Looking …');
}

// ---- above the table ----

function stateCounts(states, muted) {
  const counts = Object.keys(STATES).filter((state) => states[state])
    .map((state) => `${count(states[state])} ${STATES[state].label.toLowerCase()}`);
  return muted ? [...counts, `${count(muted)} muted`] : counts;
}

function troubleCounts(states) {
  return TROUBLES.filter((state) => states[state])
    .map((state) => `${count(states[state])} ${STATES[state].label.toLowerCase()}`);
}

const runningCount = (running) => (running ? `; ${count(running)} ${running === 1 ? 'runs' : 'run'} a sync`
  : '');

// The sentence that the page is for, and the one below it. Muted connectors are in no count of a state.
function verdict({ states, running, muted = 0 }) {
  const total = Object.values(states).reduce((sum, number) => sum + number, muted);
  const troubled = TROUBLES.reduce((sum, state) => sum + states[state], 0);
  if (!total) return { total, troubled, headline: 'No connectors yet', more: '' };
  if (!troubled) {
    return { total, troubled, headline: 'Nothing needs attention',
      more: `${plural(total, 'connector')}: ${list(stateCounts(states, muted))}${runningCount(running)}` };
  }
  const verb = troubled === 1 ? 'needs' : 'need';
  return { total, troubled, headline: `${plural(troubled, 'connector')} ${verb} attention`,
    more: `${list(troubleCounts(states))}, of ${count(total)} in all` +
      `${muted ? `; ${count(muted)} muted` : ''}${runningCount(running)}` };
}

let announced = '';                  // other announcements may have come since

function announce(words) {
  if (announced !== words) setText(element('announcement'), words);
  announced = words;
}

function showVerdict(overview) {
  const { states } = overview;
  const { total, troubled, headline, more } = verdict(overview);
  const troubles = list(troubleCounts(states));
  setText(element('verdict'), headline);
  setText(element('verdict-more'), more);
  announce(troubles ? `${headline}: ${troubles}` : headline); // other counts change at each look
  document.title = troubled ? `(${count(troubled)}) lastsync` : 'lastsync';
  show(element('share'), total > 0);
  for (const part of element('share').children) {
    part.style.flexGrow = states[part.dataset.state] ?? 0;
    show(part, states[part.dataset.state] > 0);
  }
  for (const button of element('states').children) {
    const { state } = button.dataset;
    const number = state ? states[state] ?? 0 : total;
    setText(button.querySelector('.count'), count(number));
    button.classList.toggle('none', !number);
  }
}

// Of what stands in the field, a part may not be searched.
function showLimit() {
  setText(element('query-limit'), fitQuery(element('query').value).isCut ? QUERY_LIMIT : '');
}

function showFilters(isBack) {
  for (const button of element('states').children) {
    const { state } = button.dataset;
    const pressed = state ? view.states.includes(state) : !view.states.length;
    setAttribute(button, 'aria-pressed', String(pressed));
  }
  const query = element('query');
  const isKept = document.activeElement === query && !isBack;
  if (!isKept && query.value !== view.query) query.value = view.query;
  showLimit();
  showType();
  element('sort').value = view.sort;
  element('size').value = view.size;
  element('range').value = view.range;
  setText(element('strip-head'), `Last ${RANGES[view.range].label}`);
  show(element('clear'), isFiltered(view));
  for (const head of element('head').children) {
    const sorted = head.dataset.sort === view.sort.replace('-', '');
    const falling = ['indexed', 'deleted', '-name', '-last_success'].includes(view.sort);
    setAttribute(head, 'aria-sort', sorted && (falling ? 'descending' : 'ascending'));
  }
}

// ---- the table ----

function sorted(results) {
  return isSortedByServer(view.sort) ? results : [...results].sort(COMPARE[view.sort]);
}

function showRows(results) {
  const wanted = sorted(results).map((result) => {
    const row = rows.get(result.id) ?? new Row();
    rows.set(result.id, row);
    row.update({ ...result, history: histories.of(result.id) },
      { address: addressOf({ ...view, connector: result.id }), range: view.range,
        query: view.query, now: now(), isWhole: histories.isWhole(result.id) });
    return row;
  });
  const kept = new Set(wanted);
  for (const [id, row] of rows) if (!kept.has(row)) rows.delete(id);
  arrange(element('rows'), wanted.map((row) => row.node));
}

function typeOption(type, number) {
  const label = type ? type.slice(0, TYPE_LENGTH) : 'All service types';
  return make('option', { value: type, text: number ? `${label} (${count(number)})` : label });
}

// The chosen type. A type in the address that no connector has, or several types, get an option of
// their own.
function showType() {
  const select = element('type');
  const isThere = [...select.options].some(({ value }) => value === view.type);
  if (!isThere) select.append(typeOption(view.type));
  if (select.value !== view.type) select.value = view.type;
}

let typesShown = null;

function showTypes(types) {
  const select = element('type');
  const text = JSON.stringify(types);
  if (text === typesShown || document.activeElement === select) return;
  typesShown = text;
  select.replaceChildren(typeOption(''),
    ...types.map(({ service_type: type, connectors }) => typeOption(type, connectors)));
  showType();
}

// Why the pages end here.
function showEnd(matching) {
  show(element('end'), matching !== null);
  if (matching !== null) {
    setText(element('end-text'), `Pages go as far as the first ${count(WINDOW)} of ` +
      `${count(matching)}. The others are found by a search, a state or a service type.`);
  }
}

function showPages({ count: matching, results, unsearched_errors: unsearched }) {
  const last = view.from + results.length;
  const range = `${count(view.from + 1)}–${count(last)} of ${count(matching)}`;
  setText(element('page'), results.length ? range : '');
  setIdle(element('previous'), view.from === 0);
  setIdle(element('next'), last >= Math.min(matching, WINDOW));
  showEnd(last >= WINDOW && matching > WINDOW ? matching : null);
  show(element('pages'), matching > SIZES[0] || view.from > 0);
  const partly = !isSortedByServer(view.sort) && matching > results.length;
  const note = partly ? `, this page sorted by ${columnName(view.sort).toLowerCase()}` : '';
  const match = !isFiltered(view) ? '' : matching === 1 ? ' matches' : ' match';
  const gap = unsearched ? `; the errors of ${plural(unsearched, 'connector')} were not searched` : '';
  setText(element('found'), `${plural(matching, 'connector')}${match}${note}${gap}`);
}

const FIRST_CONNECTOR = { method: 'PUT', path: '/_connector/my-connector',
  body: { name: 'My Connector', service_type: 'postgresql' } };

// Why the table is empty, and what to do about it.
function showNothing({ states, count: matching, results, muted = 0 }) {
  const box = element('nothing');
  const total = Object.values(states).reduce((sum, number) => sum + number, muted);
  const reason = results.length ? '' : matching ? 'page' : total ? 'filtered' : 'none';
  show(box, Boolean(reason));
  show(element('connectors'), !reason);
  show(element('filters'), total > 0);
  show(element('states'), total > 0);
  show(element('export'), !reason);
  if (box.dataset.reason === reason) return;
  box.dataset.reason = reason;
  if (reason === 'none') {
    box.replaceChildren(
      make('p', { text: 'A connector shows up here as soon as it is created. The first one:' }),
      make('pre', { tabindex: '0', role: 'region', 'aria-label': 'Command' },
        make('code', { text: curl(FIRST_CONNECTOR) })),
      make('p', {}, 'Or let ', make('code', { text: 'make demo' }),
        ' fill the page with made-up ones.'));
  } else if (reason) {
    const [words, label, onclick] = reason === 'filtered'
      ? ['No connector matches these filters.', 'Clear filters', clear]
      : ['There are not as many pages any more.', 'To the first page', toFirstPage];
    box.replaceChildren(make('p', { text: words }), make('button', { type: 'button', text: label, onclick }));
  }
}

// ---- the user's actions ----

let search = null;                   // the timer of one that will begin

// The words whose search has not begun yet; null if it has. It begins with another change, then.
function takeTyped() {
  if (search === null) return null;
  clearTimeout(search);
  search = null;
  return fitQuery(element('query').value).query;
}

// Any change but one of the page reorders the table: back to its beginning.
function change(changes, how) {
  const typed = takeTyped();
  const isSearch = typed !== null && !('query' in changes);
  go({ ...view, from: 0, ...changes, ...(isSearch && { query: typed, from: 0 }) }, how);
}

function clear() {
  element('query').value = '';
  change({ states: [], type: '', query: '' });
  element('query').focus();
}

// Its button will be gone.
function toFirstPage() {
  change({});
  element('content').focus({ preventScroll: true });
}

function toggleState(state) {
  if (!state) return change({ states: [] });
  const states = view.states.includes(state)
    ? view.states.filter((other) => other !== state) : [...view.states, state];
  return change({ states: Object.keys(STATES).filter((name) => states.includes(name)) });
}

function stateButton(state) {
  const { label, means } = STATES[state] ?? { label: 'All', means: 'all connectors' };
  return make('button', { type: 'button', 'aria-pressed': 'false', 'data-state': state,
    title: means, class: state || 'all', onclick: () => toggleState(state) },
  make('span', { class: 'count', text: '–' }),
  make('span', { class: 'label' }, state ? icon(state) : null, label));
}

// A second click on a column's name reverses the order, if the server can.
function otherWay(sort) {
  return view.sort === sort && SORTS.includes(`-${sort}`) ? `-${sort}` : sort;
}

function headCell({ name, sort, kind, id }) {
  const turn = () => change({ sort: otherWay(sort) });
  const label = sort ? make('button', { type: 'button', text: name, onclick: turn }) : name;
  return make('th', { role: 'columnheader', scope: 'col', class: kind, id, 'data-sort': sort }, label);
}

// A search begins after a pause in typing, and is one step in the browser's history.
function listenToTyping() {
  element('query').addEventListener('input', () => {
    clearTimeout(search);
    showLimit();
    search = setTimeout(() => change({}, 'replace'), TYPING);
  });
  element('filters').addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, select, textarea');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (element('list').hidden || element('filters').hidden) return;
    event.preventDefault();
    element('query').select();
  });
}

// A row is a large target for the mouse; its link is the one for the keyboard.
const rowOf = (node) => [...rows.values()].find((row) => row.node === node?.closest?.('tr'));

// A strip is read with the pointer, or with the arrow keys while a row's link has the focus.
function listenToStrips() {
  const body = element('rows');
  body.addEventListener('pointermove', (event) => {
    rowOf(event.target)?.readStrip(event.target.closest('svg.strip') ? event : null);
  });
  body.addEventListener('pointerout', (event) => rowOf(event.target)?.readStrip(null));
  body.addEventListener('focusout', (event) => rowOf(event.target)?.readStrip(null));
  body.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !event.target.closest('.name a') || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    setText(element('announcement'), rowOf(event.target).stepStrip(step));
  });
}

function listenToRows() {
  element('rows').addEventListener('click', (event) => {
    const link = event.target.closest('tr')?.querySelector('a');
    if (!link || event.target.closest('a, button') || !document.getSelection().isCollapsed) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, '_blank', 'noopener');
    else link.click();
  });
}

// `goTo` takes a view to show, and 'replace' if it is no step in the browser's history.
export function prepareList(goTo) {
  go = goTo;
  element('share').append(...Object.keys(STATES)
    .map((state) => make('span', { class: state, 'data-state': state })));
  element('states').append(...['', ...Object.keys(STATES)].map(stateButton));
  element('head').append(...COLUMNS.map(headCell));
  const option = (value, text) => make('option', { value, text });
  element('sort').append(...SORTS.map((sort) => option(sort, columnName(sort))));
  element('size').append(...SIZES.map((size) => option(size, size)));
  element('type').addEventListener('change', ({ target }) => change({ type: target.value }));
  element('sort').addEventListener('change', ({ target }) => change({ sort: target.value }));
  element('size').addEventListener('change',
    ({ target }) => change({ size: Number(target.value) }));
  element('range').append(...Object.entries(RANGES).map(([range, { label }]) => option(range, label)));
  element('range').addEventListener('change', ({ target }) => change({ range: target.value, from: view.from }));
  element('pages').after(make('p', { id: 'export', class: 'end' }, exportButton(() => askOverviewTable(view),
    () => `lastsync-connectors-${new Date(now()).toISOString().slice(0, 10)}.csv`)));
  element('narrow').addEventListener('click', () => element('query').focus());
  element('clear').addEventListener('click', clear);
  const turnBy = (direction) => ({ target }) => isIdle(target) ||
    change({ from: Math.max(0, view.from + direction * view.size) });
  element('previous').addEventListener('click', turnBy(-1));
  element('next').addEventListener('click', turnBy(1));
  listenToTyping();
  listenToRows();
  listenToStrips();
}

function showAnswer() {
  showVerdict(answer);
  showRows(answer.results);
  showNothing(answer);
  showPages(answer);
}

// The overview, with as much of the histories as is missing here.
async function askWithHistories(signal) {
  const wanted = answered === questionOf(view) ? LATEST : WHOLE;
  const latest = await askOverview(view, wanted, signal);
  if (histories.take(latest.body.results, wanted)) return latest;
  const whole = await askOverview(view, WHOLE, signal);
  histories.take(whole.body.results, WHOLE);
  return whole;
}

// The service types cost as much as a search, and change seldom. Without them the rows are shown
// all the same.
async function askTypes(signal) {
  if (performance.now() - typesAskedAt < TYPES_AGE) return;
  try {
    const types = await askServiceTypes(signal);
    typesAskedAt = performance.now();
    showTypes(types?.body.results ?? []);
  } catch {
    // The next answer brings them.
  }
}

export const listView = {
  section: element('list'),
  hasChoices: true,                  // that may be what the server refuses

  // Called when the view is about to be shown, before there are any data.
  open(wanted, isBack) {
    isOpened ||= this.section.hidden;
    view = wanted;
    if (isBack) this.close();
    showFilters(isBack);
    if (answer) showVerdict(answer);
    else document.title = 'lastsync';
    if (answer && answered === questionOf(view)) showAnswer();
    showBusy();
  },

  // Called when another view takes its place.
  close() {
    takeTyped();
  },

  async load(signal) {
    const asked = questionOf(view);
    const [latest] = await Promise.all([askWithHistories(signal), askTypes(signal)]);
    signal.throwIfAborted();           // the view may be another one by now
    answer = latest.body;
    answered = asked;
    isOpened = false;
    showBusy();
    showAnswer();
  },
};
