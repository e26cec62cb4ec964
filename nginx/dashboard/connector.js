// One connector: its state, its errors in full, its history, schedule, jobs and Redis keys.

import { addressOf } from './address.js';
import { make, setAttribute, setText, setValue, show } from './dom.js';
import { setIcon } from './icons.js';
import { History } from './history.js';
import { Jobs } from './jobs.js';
import { RedisKeys } from './redis.js';
import { cronInWords } from './schedule.js';
import { askConnector, Refused } from './source.js';
import { runningWord, runs } from './syncs.js';
import { learnTime, setTime } from './time.js';
import { count, duration, STATES, STATUSES } from './words.js';

const HISTORY = 100;                 // syncs of the first answer: as many as the server gives

const section = document.getElementById('connector');
let view = null;
let page = null;                     // the Page of the connector that is shown

// ---- facts ----

function fact(label, kind = 'span') {
  const value = make(kind);
  return { node: make('div', {}, make('dt', { text: label }), make('dd', {}, value)), value };
}

function statusFact(label) {
  const icon = make('span', { class: 'badge-icon' });
  const words = make('span');
  const node = make('div', {}, make('dt', { text: label }), make('dd', {}, icon, words));
  return { node, icon, words };
}

function setStatus({ icon, words }, status) {
  const known = STATUSES[status];
  show(icon, Boolean(known));
  if (known) {
    setIcon(icon, known.look);
    setAttribute(icon, 'class', `badge-icon ${known.look}`);
  }
  setValue(words, known?.label ?? status);
}

// What is known of the syncs of one kind.
class Facts {
  constructor(title, withDocuments) {
    this.status = statusFact('Status');
    this.ended = statusFact('Last sync ended as');
    this.times = { last_success: fact('Last success', 'time'),
      started_at: fact('Running since', 'time'), scheduled_at: fact('Last scheduled', 'time') };
    if (withDocuments) this.times.last_synced = fact('Last reported sync', 'time');
    this.counts = { consecutive_failures: fact('Failures in a row') };
    if (withDocuments) {
      this.counts.indexed_document_count = fact('Documents indexed');
      this.counts.deleted_document_count = fact('Documents deleted');
    }
    this.duration = fact('Took');
    const parts = [this.status, this.ended, this.times.last_success, ...Object.values(this.counts),
      this.duration, ...Object.values(this.times).slice(1)];
    this.node = make('section', { class: 'panel' }, make('h2', { text: title }),
      make('dl', { class: 'facts' }, ...parts.map(({ node }) => node)));
  }

  update(syncs) {
    const isTold = syncs.ended_status === syncs.status;
    setStatus(this.status, syncs.status);
    setStatus(this.ended, syncs.ended_status);
    show(this.ended.node, Boolean(syncs.ended_status) && !isTold);
    for (const [name, { value, node }] of Object.entries(this.times)) {
      setTime(value, syncs[name], name === 'last_success' ? 'never' : undefined);
      if (name === 'started_at') show(node, Boolean(syncs[name]));
    }
    for (const [name, { value }] of Object.entries(this.counts)) {
      setValue(value, count(syncs[name]));
    }
    setValue(this.duration.value, duration(syncs.duration_ms),
      syncs.started_at ? 'still running' : undefined);
  }
}

// ---- errors ----

class Errors {
  constructor() {
    this.node = make('section', { class: 'panel errors', hidden: true });
    this.drawn = '';
  }

  update({ content, access_control: access, error }) {
    const errors = [['Content sync', content.error], ['Access-control sync', access.error],
      ['Connector', error]].filter(([, text]) => text);
    const text = JSON.stringify(errors);
    if (this.drawn === text) return;
    this.drawn = text;
    show(this.node, errors.length > 0);
    this.node.replaceChildren(make('h2', { text: errors.length > 1 ? 'Errors' : 'Error' }),
      ...errors.flatMap(([label, error]) => [make('h3', { text: label }),
        make('pre', { tabindex: '0', role: 'region', 'aria-label': `Error: ${label}` },
          make('bdi', { text: error }))]));
  }
}

// ---- the schedule ----

const SCHEDULES = [['full', 'Full content'], ['incremental', 'Incremental content'],
  ['access_control', 'Access control']];

function scheduleRow(label, schedule) {
  const words = schedule?.interval ? cronInWords(schedule.interval) : null;
  const state = !schedule ? 'not reported' : schedule.enabled ? words ?? 'on' : 'off';
  return make('div', { class: schedule?.enabled ? 'on' : 'off' }, make('dt', { text: label }),
    make('dd', {}, make('span', { text: state }), ' ',
      schedule?.interval ? make('code', { text: schedule.interval }) : null));
}

class Schedule {
  constructor() {
    this.due = fact('Late from', 'time');
    this.rows = make('dl', { class: 'schedule' });
    this.node = make('section', { class: 'panel' }, make('h2', { text: 'Schedule' }),
      this.rows, make('dl', { class: 'facts' }, this.due.node));
    this.drawn = '';
  }

  update({ due_at: due }, connector) {
    setTime(this.due.value, due, 'not known');
    const text = JSON.stringify(connector?.scheduling ?? null);
    if (this.drawn === text) return;
    this.drawn = text;
    this.rows.replaceChildren(...SCHEDULES.map(([name, label]) =>
      scheduleRow(label, connector?.scheduling?.[name])));
  }
}

// ---- the page ----

class Page {
  constructor(id) {
    this.id = id;
    this.icon = make('span', { class: 'badge-icon' });
    this.state = make('span');
    this.badge = make('span', { class: 'badge' }, this.icon, this.state);
    this.runWords = make('span');
    this.runTime = make('time', { 'data-form': 'since' });
    this.run = make('span', { class: 'note run', hidden: true }, this.runWords, ' ', this.runTime);
    this.name = make('bdi', { text: id });
    this.heading = make('h1', { id: 'connector-name', tabindex: '-1' }, this.name);
    this.back = make('a', { class: 'back', 'data-inner': true, text: 'All connectors' });
    this.about = { id: fact('Id', 'bdi'), type: fact('Service type', 'bdi'),
      index: fact('Index', 'bdi'), status: fact('Connector status'),
      seen: fact('Last seen', 'time'), failing: fact('Failing since', 'time') };
    this.raw = make('a', { class: 'raw', text: 'As JSON',
      href: `../_connector/${encodeURIComponent(id)}?pretty` });
    this.parts = { content: new Facts('Content syncs', true),
      access: new Facts('Access-control syncs', false), errors: new Errors(),
      history: new History(id), schedule: new Schedule(), jobs: new Jobs(),
      redis: new RedisKeys(id) };
  }

  get nodes() {
    const { content, access, errors, history, schedule, jobs, redis } = this.parts;
    return [
      make('nav', { class: 'trail', 'aria-label': 'Back' }, this.back, this.raw),
      make('div', { class: 'title' }, this.heading, this.badge, this.run),
      make('dl', { class: 'about' }, ...Object.values(this.about).map(({ node }) => node)),
      errors.node,
      make('div', { class: 'pair' }, content.node, access.node),
      history.node,
      jobs.node,
      make('div', { class: 'pair' }, schedule.node, redis.node),
    ];
  }

  update({ overview, history, connector, jobs }) {
    const result = overview.body;
    const { about, parts } = this;
    setText(this.name, result.name || result.id);
    document.title = `${result.name || result.id} – lastsync`;
    setAttribute(this.badge, 'class', `badge ${result.state}`);
    setAttribute(this.badge, 'title', STATES[result.state]?.means);
    setIcon(this.icon, result.state);
    setText(this.state, STATES[result.state]?.label ?? result.state);
    this.#showRun(result);
    setText(about.id.value, result.id);
    setValue(about.type.value, result.service_type);
    setValue(about.index.value, result.index_name, 'none');
    setValue(about.status.value, result.status?.replaceAll('_', ' '));
    setTime(about.seen.value, result.last_seen);
    show(about.failing.node, Boolean(result.failing_since));
    setTime(about.failing.value, result.failing_since);
    parts.content.update(result.content);
    parts.access.update(result.access_control);
    parts.errors.update(result);
    parts.history.update(history.body);
    parts.schedule.update(result, connector?.body);
    parts.jobs.update(jobs?.body);
    parts.redis.update(result.index_name);
  }

  #showRun(result) {
    const { running_since: since } = result;
    show(this.run, runs(result));
    setText(this.runWords, `${runningWord(result)}${since ? ' for' : ''}`);
    show(this.runTime, Boolean(since));
    if (since) setTime(this.runTime, since);
  }
}

function showMissing() {
  const back = make('a', { class: 'back', 'data-inner': true, text: 'All connectors',
    href: addressOf({ ...view, connector: null }) });
  section.replaceChildren(make('nav', { class: 'trail', 'aria-label': 'Back' }, back),
    make('h1', { id: 'connector-name', tabindex: '-1', text: 'No such connector' }),
    make('p', { class: 'lead' }, 'There is none with the id ',
      make('bdi', { text: view.connector }), '. It may have been deleted.'));
  document.title = 'No such connector – lastsync';
  page = null;
}

export const connectorView = {
  section,

  open(wanted) {
    view = wanted;
    if (page?.id !== view.connector) {
      page = new Page(view.connector);
      section.replaceChildren(...page.nodes);
      section.classList.add('loading');
    }
    setAttribute(page.back, 'href', addressOf({ ...view, connector: null }));
    document.title = `${page.name.textContent} – lastsync`;
  },

  async load(signal) {
    let answer;
    try {
      answer = await askConnector(view.connector, HISTORY, signal);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      section.classList.remove('loading');
      showMissing();
      return;
    }
    learnTime(answer.overview);
    if (!page) this.open(view);      // it was missing, and is there again
    section.classList.remove('loading');
    page.update(answer);
  },
};
