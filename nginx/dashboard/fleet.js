// The fleet: all connectors' syncs over time, the connectors that fail, are slow or have the most
// documents, and their present errors.

import { addressOf, PERIODS, TOPS } from './address.js';
import { arrange, make, setAttribute, setText, setValue, show } from './dom.js';
import { setIcon } from './icons.js';
import { Lanes, rateWords, stoppedWords, tally, tallyWords } from './lanes.js';
import { exportButton } from './shell.js';
import { askErrors, askErrorsTable, askGroups, askGroupsTable, askSelf, askServiceTypes, askTimes,
  askTimesTable, daysKept } from './source.js';
import { now, setTime } from './time.js';
import { count, duration, nameOf, plural, shortCount } from './words.js';

const HOUR = 3600000;
const DAY = 24 * HOUR;
const HOURS_OF_DAYS = 15;            // counts by the hour are kept for so many days at most
const WORST = 10;
const TYPES = 20;
const ERRORS = 200;                  // distinct ones that are shown and searched
const TYPING = 250;                  // milliseconds of silence until a search begins

const section = document.getElementById('fleet');
let view = null;
let go = null;
let answer = null;

// ---- the requests ----

const unitOf = ({ period }) => PERIODS[period].unit;
const lengthOf = ({ period }) => (unitOf({ period }) === 'hour' ? HOUR : DAY);

// The beginning of the period, and of the one before, for comparison.
const periodsBack = (wanted, periods) =>
  new Date(now() - (periods * PERIODS[wanted.period].times - 1) * lengthOf(wanted));

// Whether the server keeps the counts of so many periods.
function areKept(wanted, periods) {
  const days = unitOf(wanted) === 'hour' ? Math.min(daysKept(), HOURS_OF_DAYS) : daysKept();
  return periods * PERIODS[wanted.period].times * lengthOf(wanted) <= days * DAY;
}

// Groups are counted by days: a period of hours begins with its first day.
const groupsOf = (wanted) => ({ from: periodsBack(wanted, 1), top: wanted.top, size: WORST });
const worstOf = (wanted) => ({ ...groupsOf(wanted), type: wanted.type });

async function askAll(wanted, signal) {
  await askSelf(signal);             // the period is by the server's clock, and ours may have been set
  const { times } = PERIODS[wanted.period];
  const [all, worst, types, errors, names] = await Promise.all([
    askTimes(unitOf(wanted), periodsBack(wanted, 2), signal),
    askGroups('connector', worstOf(wanted), signal),
    askGroups('service_type', { ...groupsOf(wanted), size: TYPES + 1 }, signal),
    askErrors(ERRORS, signal),
    askServiceTypes(signal),
  ]);
  showTypes(names?.body.results ?? []);
  return { wanted, times: all.slice(-times), before: all.slice(0, -times), worst, types, errors };
}

// ---- the headline, and figures beside those of the period before ----

const FIGURES = [
  { name: 'Succeeded', value: ({ share, syncs }) => share ?? (syncs ? '–' : 'no sync') },
  { name: 'Syncs', value: ({ syncs }) => count(syncs) },
  { name: 'Failed', value: ({ failed }) => count(failed), look: ({ failed }) => failed > 0 && 'failing' },
  { name: 'Canceled, suspended', value: ({ canceled }) => count(canceled) },
  { name: 'Indexed', value: ({ indexed }) => shortCount(indexed) },
  { name: 'Deleted', value: ({ deleted }) => shortCount(deleted) },
];

class Figures {
  constructor() {
    this.rows = FIGURES.map((figure) => ({ ...figure, now: make('dd'), before: make('dd', { class: 'note' }) }));
    this.node = make('dl', { class: 'figures' }, ...this.rows.map((row) => make('div', {},
      make('dt', { text: row.name }), row.now, row.before)));
  }

  // `before` is a tally, or words on why there is none.
  update(counts, before) {
    for (const row of this.rows) {
      setText(row.now, row.value(counts));
      setAttribute(row.now, 'class', (row.look?.(counts)) || null);
      setText(row.before, `before: ${before.share === undefined ? before : row.value(before)}`);
    }
  }
}

function headlineOf(counts, { label }) {
  const { syncs, failed, canceled, share } = counts;
  if (!syncs && !daysKept()) return 'Syncs are not counted';
  if (!syncs) return `No sync ended in the last ${label}`;
  if (share === null) return `No sync completed or failed in the last ${label}, ${stoppedWords(counts)}`;
  if (failed) return `${share} of syncs succeeded in the last ${label}`;
  return canceled ? `No sync failed in the last ${label}, ${stoppedWords(counts)}`
    : `Every sync succeeded in the last ${label}`;
}

const COUNTING = 'Syncs are counted from when lastsync is started with --days on.';

// `before` as in Figures.
function leadOf(wanted, counts, before) {
  const { label } = PERIODS[wanted.period];
  const kept = areKept(wanted, 1) ? '' : `Counts are kept for ${plural(daysKept(), 'day')}. `;
  if (!daysKept() || (!counts.syncs && !before.syncs)) return COUNTING;
  return `${kept}The ${label} before: ${before.share === undefined ? before : tallyWords(before, '')}`;
}

// ---- tables ----

// Columns are { name, kind, fill }; `fill` writes a result into its cell.
class Table {
  constructor({ label, columns, className }) {
    this.columns = columns;
    this.body = make('tbody', { role: 'rowgroup' });
    this.rows = new Map();
    this.node = make('table', { class: `past ${className}`, role: 'table', 'aria-label': label },
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...columns.map(({ name, kind }) =>
        make('th', { role: 'columnheader', scope: 'col', class: kind, text: name })))), this.body);
  }

  // `keyOf` identifies rows, so that the one with the focus stays in place.
  update(results, keyOf) {
    const kept = new Map();
    for (const result of results) {
      const cells = this.rows.get(keyOf(result)) ?? this.columns.map(({ kind, name }) =>
        make('td', { role: 'cell', class: kind, 'data-label': name }));
      kept.set(keyOf(result), cells);
      this.columns.forEach(({ fill }, i) => fill(cells[i], result));
      if (!cells[0].parentNode) make('tr', { role: 'row' }, ...cells);
    }
    this.rows = kept;
    arrange(this.body, [...kept.values()].map(([first]) => first.parentNode));
    show(this.node, results.length > 0);
  }
}

function linkIn(cell, text, wanted, title) {
  if (!cell.firstChild) cell.append(make('a', { 'data-inner': true }, make('bdi')));
  setText(cell.firstChild.firstChild, text);
  setAttribute(cell.firstChild, 'href', addressOf(wanted));
  setAttribute(cell.firstChild, 'title', title);
}

const toConnector = (id) => ({ ...view, fleet: false, connector: id });
const toType = (type) => ({ ...view, fleet: false, states: [], query: '', sort: 'state', from: 0, type });

function fillState(cell, { state }) {
  if (!cell.firstChild) cell.append(make('span', { class: 'badge-icon' }));
  setIcon(cell.firstChild, state);
  setAttribute(cell.firstChild, 'class', `badge-icon ${state}`);
}

const COUNTED = [
  { name: 'Failed', kind: 'number', fill: (cell, { failed }) => {
    setText(cell, count(failed));
    setAttribute(cell, 'class', failed ? 'number failing' : 'number');
  } },
  { name: 'Syncs', kind: 'number', fill: (cell, { completed, failed, canceled }) =>
    setText(cell, count(completed + failed + canceled)) },
  { name: 'Succeeded', kind: 'number', fill: (cell, result) => setValue(cell, rateWords(result),
    result.canceled ? 'none completed or failed' : 'no sync') },
  { name: 'Indexed', kind: 'number', fill: (cell, { indexed_document_count: number }) =>
    setText(cell, shortCount(number)) },
  { name: 'Longest', kind: 'number', fill: (cell, { longest_ms: longest }) =>
    setValue(cell, Number(longest) ? duration(longest) : null) },
  { name: 'In all', kind: 'number', fill: (cell, { duration_ms: all }) =>
    setValue(cell, Number(all) ? duration(all) : null) },
];

const worstTable = new Table({ label: 'Connectors', className: 'worst', columns: [
  { name: 'Connector', kind: 'who', fill: (cell, result) => {
    if (!cell.firstChild) cell.append(make('span', { class: 'entry' }, make('span'), make('span')));
    const [state, name] = cell.firstChild.children;
    fillState(state, result);
    linkIn(name, nameOf({ ...result, id: result.connector_id }),
      toConnector(result.connector_id), result.connector_id);
  } }, ...COUNTED] });

const typesTable = new Table({ label: 'Service types', className: 'types', columns: [
  { name: 'Service type', kind: 'who', fill: (cell, { service_type: type }) =>
    (type ? linkIn(cell, type, toType(type)) : setText(cell, 'no service type')) },
  { name: 'Connectors', kind: 'number', fill: (cell, { connectors }) => setText(cell, count(connectors)) },
  ...COUNTED] });

const KINDS = { content: 'content', access_control: 'access control' };

const errorsTable = new Table({ label: 'Errors', className: 'errors-now', columns: [
  { name: 'Connectors', kind: 'number', fill: (cell, { connectors }) => setText(cell, count(connectors)) },
  { name: 'Error', kind: 'error-text', fill: (cell, { error, kind, example }) => {
    if (!cell.firstChild) cell.append(make('bdi'), make('span', { class: 'note' }, make('bdi')));
    const text = error ?? 'no error was reported';
    setText(cell.firstChild, text);
    setText(cell.lastChild.firstChild, `${KINDS[kind]}${example.error && example.error !== text
      ? `, as in: ${example.error}` : ''}`);
  } },
  { name: 'Since', kind: 'when', fill: (cell, { since }) => {
    if (!cell.firstChild) cell.append(make('time'));
    setTime(cell.firstChild, since);
  } },
  { name: 'The first', kind: 'who', fill: (cell, { example: { connector_id: id } }) =>
    linkIn(cell, id, toConnector(id)) },
] });

// ---- the user's choices ----

let timer = null;                    // of a search that will begin

// The words whose search has not begun yet, as a part of the view. It begins with another change, then.
function takeTyped() {
  if (timer === null) return {};
  clearTimeout(timer);
  timer = null;
  return { error: search.value.trim() };
}

const change = (changes, how) => go({ ...view, ...takeTyped(), ...changes }, how);

// ---- the panels ----

function switchOf(label, choices, choose) {
  const node = make('div', { class: 'switch', role: 'group', 'aria-label': label },
    ...Object.entries(choices).map(([value, text]) => make('button', { type: 'button', 'data-value': value,
      text, onclick: () => choose(value) })));
  return { node, set(value) {
    for (const button of node.children) {
      setAttribute(button, 'aria-pressed', String(button.dataset.value === value));
    }
  } };
}

const labels = (choices) => Object.fromEntries(Object.entries(choices).map(([name, { label }]) => [name, label]));

const title = make('h1', { id: 'fleet-title', tabindex: '-1', text: 'All syncs' });
const lead = make('p', { class: 'lead' });
const figures = new Figures();
const lanes = new Lanes('Syncs over time');
const period = switchOf('Period', labels(PERIODS), (value) => change({ period: value }));
const top = switchOf('Which connectors', labels(TOPS), (value) => change({ top: value }));
const type = make('select', { 'aria-label': 'Service type of connectors',
  onchange: () => change({ type: type.value }) });
const worstNote = make('p', { class: 'hint' });
const typesNote = make('p', { class: 'hint' });
const errorsNote = make('p', { class: 'found', role: 'status' });
const search = make('input', { type: 'search', placeholder: 'Words of errors', maxlength: '200',
  autocomplete: 'off', spellcheck: 'false', 'aria-label': 'Search errors' });

const fileName = (what) => `lastsync-${what}-${new Date(now()).toISOString().slice(0, 10)}.csv`;

function panel(heading, { controls = [], table, what }, ...content) {
  return make('section', { class: 'panel' }, make('div', { class: 'panel-head' },
    make('h2', { text: heading }), ...controls, exportButton(table, () => fileName(what))), ...content);
}

const timesPanel = panel('Over time', { what: 'syncs',
  table: () => askTimesTable(unitOf(view), periodsBack(view, 1)) }, lanes.node);
const errorsPanel = panel('Errors now', { what: 'errors', table: askErrorsTable,
  controls: [make('label', { class: 'search' }, search, make('kbd', { 'aria-hidden': 'true', text: '/' })),
    errorsNote] }, errorsTable.node);
const connectorsPanel = panel('Connectors', { what: 'connectors', controls: [type, top.node],
  table: () => askGroupsTable('connector', { ...worstOf(view), size: 100 }) }, worstNote, worstTable.node);
const typesPanel = panel('Service types', { what: 'service-types',
  table: () => askGroupsTable('service_type', { ...groupsOf(view), size: 100 }) }, typesNote, typesTable.node);

function build() {
  section.append(make('div', { class: 'title' }, title, period.node), lead, figures.node, timesPanel, errorsPanel,
    connectorsPanel, typesPanel);
}

// ---- showing ----

let typesShown = null;

// The choices; they stay while the user chooses. A choice from the address is there even if no
// connector has it.
function showTypes(types) {
  const names = types.map(({ service_type: name }) => name);
  const options = ['', ...(view.type && !names.includes(view.type) ? [view.type] : []), ...names];
  const text = JSON.stringify(options);
  if (text !== typesShown && document.activeElement !== type) {
    typesShown = text;
    type.replaceChildren(...options.map((value) =>
      make('option', { value, text: value || 'All service types' })));
  }
  type.value = view.type;
}

const NONE = { failures: 'No connector has failed in this time.', documents: 'No documents in this time.',
  slowest: 'No sync that said when it began has ended in this time.' };
const COUNTS = { failures: ({ failed }) => failed > 0,
  documents: (result) => Number(result.indexed_document_count) + Number(result.deleted_document_count) > 0,
  slowest: ({ longest_ms: longest }) => Number(longest) > 0 };

// For a period of hours, the first day of groups is named.
const sinceWords = (wanted) => (unitOf(wanted) === 'hour'
  ? `Counted by days: since ${groupsOf(wanted).from.toISOString().slice(0, 10)}, 00:00 UTC.` : '');

function showGroups({ wanted, worst, types }) {
  const counted = (worst.results ?? []).filter(COUNTS[wanted.top]);
  worstTable.update(counted, ({ connector_id: id }) => id);
  setText(worstNote, worst.reason ?? (counted.length ? sinceWords(wanted) : NONE[wanted.top]));
  typesTable.update((types.results ?? []).slice(0, TYPES), ({ service_type: type }) => type);
  const isCut = types.results?.length > TYPES;
  setText(typesNote, types.reason ?? [isCut && `The first ${TYPES} by “${TOPS[wanted.top].label}”.`, sinceWords(wanted)]
    .filter(Boolean).join(' '));
}

function fits({ error, example }, words) {
  const text = `${error ?? ''} ${example.error ?? ''} ${example.connector_id}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function showErrors({ errors }) {
  const words = view.error.toLowerCase().split(/\s+/).filter(Boolean);
  const found = errors.results.filter((error) => fits(error, words));
  errorsTable.update(found, ({ error, kind }) => `${kind} ${error}`);
  const all = `${plural(errors.results.length, 'different error')} of ${plural(errors.failing, 'connector')}`;
  const isCut = errors.truncated || errors.results.length === ERRORS;
  setText(errorsNote, !errors.failing ? 'No connector fails now'
    : `${words.length ? `${count(found.length)} of ` : ''}${all}${isCut ? ', the most common ones' : ''}`);
}

function showAnswer() {
  const counts = tally(answer.times);
  const all = tally(answer.before);
  const before = !areKept(answer.wanted, 2) ? 'not kept' : all.syncs ? all : 'no sync';
  setText(title, headlineOf(counts, PERIODS[answer.wanted.period]));
  document.title = `${title.textContent} – lastsync`;
  setText(lead, leadOf(answer.wanted, counts, before));
  figures.update(counts, before);
  const isCounted = counts.syncs > 0 || daysKept() > 0;
  for (const node of [figures.node, timesPanel, connectorsPanel, typesPanel]) show(node, isCounted);
  lanes.update(answer.times, unitOf(answer.wanted));
  showErrors(answer);
  showGroups(answer);
}

function showChoices(isBack) {
  period.set(view.period);
  top.set(view.top);
  type.value = view.type;
  if (document.activeElement !== search || isBack) search.value = view.error;
  const isBusy = answer && ['period', 'top', 'type'].some((name) => answer.wanted[name] !== view[name]);
  setAttribute(section, 'aria-busy', isBusy ? 'true' : null);
}

function listenToTyping() {
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({}, 'replace'), TYPING);
  });
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, select, textarea');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (section.hidden) return;
    event.preventDefault();
    search.select();
  });
}

// `goTo` takes a view to show, and 'replace' if it is no step in the browser's history.
export function prepareFleet(goTo) {
  go = goTo;
  build();
  listenToTyping();
  document.addEventListener('zone', () => answer && lanes.update(answer.times, unitOf(answer.wanted)));
}

export const fleetView = {
  section,
  every: 30000,                      // milliseconds between two looks: hours and days change slowly

  open(wanted, isBack) {
    view = wanted;
    section.classList.toggle('loading', !answer);
    document.title = `${answer ? title.textContent : 'Fleet'} – lastsync`;
    if (isBack) this.close();
    showChoices(isBack);
    if (answer) showErrors(answer);
  },

  close() {
    takeTyped();
  },

  async load(signal) {
    answer = await askAll(view, signal);
    section.classList.remove('loading');
    showChoices();
    showAnswer();
  },
};
