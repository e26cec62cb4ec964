// One connector: its state, its errors in full, its history, schedule, jobs and Redis keys.

import { askForSchedule, askForSync, askToMute, askToUnmute } from './actions.js';
import { addressOf } from './address.js';
import { make, setAttribute, setText, setValue, show } from './dom.js';
import { setIcon } from './icons.js';
import { areAll, WHOLE } from './histories.js';
import { History } from './history.js';
import { Jobs } from './jobs.js';
import { Lanes, tally, tallyWords } from './lanes.js';
import { MuteLine } from './mute.js';
import { RedisKeys } from './redis.js';
import { cronInWords } from './schedule.js';
import { currentKey } from './session.js';
import { copyButton, curl, jsonButton } from './shell.js';
import { askConnector, askConnectorText, askDays, daysKept, isUnaddressable, Refused } from './source.js';
import { failingWords, lateWords, nextTry, runningWord, runs } from './syncs.js';
import { Timeline } from './timeline.js';
import { now, setTime } from './time.js';
import { count, duration, nameOf, plural, STATES, STATUSES } from './words.js';

const HISTORY = 100;                 // syncs of the first answer: as many as the server gives

const section = document.getElementById('connector');
let view = null;
let go = null;
let page = null;                     // the Page of the connector that is shown
let missing = null;                  // the id of the one that is shown as missing

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

// The facts on the syncs of one kind.
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

// One kind's schedule, made once and patched, so that its button keeps the focus.
class ScheduleRow {
  constructor(id, name, label) {
    this.name = name;
    this.state = make('span');
    this.interval = make('code');
    this.change = make('button', { type: 'button', class: 'changes copy', text: 'Change',
      'aria-label': `Change the schedule: ${label.toLowerCase()}`,
      onclick: () => askForSchedule(id, name, this.schedule) });
    this.node = make('div', {}, make('dt', { text: label }),
      make('dd', {}, this.state, ' ', this.interval, this.change));
  }

  update(connector) {
    const schedule = connector?.scheduling?.[this.name];
    const words = schedule?.interval ? cronInWords(schedule.interval) : null;
    this.schedule = schedule;
    setAttribute(this.node, 'class', schedule?.enabled ? 'on' : 'off');
    setText(this.state, !schedule ? 'not reported' : schedule.enabled ? words ?? 'on' : 'off');
    show(this.interval, Boolean(schedule?.interval));
    setText(this.interval, schedule?.interval ?? '');
  }
}

class Schedule {
  constructor(id) {
    this.due = fact('Late from', 'time');
    this.rows = SCHEDULES.map(([name, label]) => new ScheduleRow(id, name, label));
    this.list = make('dl', { class: 'schedule' }, ...this.rows.map(({ node }) => node));
    this.node = make('section', { class: 'panel' }, make('h2', { text: 'Schedule' }), this.list,
      make('dl', { class: 'facts' }, this.due.node));
  }

  update({ due_at: due }, connector) {
    setTime(this.due.value, due, 'not known');
    show(this.list, Boolean(connector)); // a key that may only view does not get it
    for (const row of this.rows) row.update(connector);
  }
}

// ---- the cause of its trouble ----

const capital = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

// One sentence: since when it fails and when it tries again, or what it has missed.
class Trouble {
  constructor() {
    this.words = make('span');
    this.since = make('time', { 'data-form': 'since' });
    this.again = make('span', {}, '. It tries again ', make('time'));
    this.node = make('p', { class: 'lead trouble', hidden: true }, this.words, ' ', this.since,
      this.again);
  }

  update(result) {
    const isFailing = result.state === 'failing';
    const next = isFailing && !runs(result) ? nextTry(result, now()) : null;
    show(this.node, isFailing || result.state === 'late');
    show(this.since, isFailing && Boolean(result.failing_since));
    show(this.again, Boolean(next));
    setText(this.words, isFailing ? `Fails, ${failingWords(result)}` : capital(lateWords(result, now())));
    if (isFailing) setTime(this.since, result.failing_since);
    if (next) setTime(this.again.lastChild, next);
  }
}

// ---- how often, in ninety days ----

const DAYS = 90;

const daysShown = () => Math.min(DAYS, daysKept());

class Days {
  constructor() {
    this.lanes = new Lanes('Syncs by day');
    this.heading = make('h2');
    this.words = make('span', { class: 'hint' });
    this.node = make('section', { class: 'panel', hidden: true },
      make('div', { class: 'panel-head' }, this.heading, this.words),
      this.lanes.node);
  }

  // `days` is null if the server has none.
  update(days) {
    setText(this.heading, `The last ${plural(days?.length ?? 0, 'day')}`);
    const counts = tally(days ?? []);
    const bad = (days ?? []).filter((day) => day.failed > 0).length;
    show(this.node, counts.syncs > 0);
    if (!counts.syncs) return;
    setText(this.words, tallyWords(counts, `${count(counts.failed)} failed${bad ? `, on ${plural(bad, 'day')}` : ''}`));
    this.lanes.update(days, 'day');
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
    const path = `/_lastsync/connector/${encodeURIComponent(id)}?pretty`;
    this.json = make('a', { text: 'As JSON', href: `..${path}` });
    this.jsonByKey = jsonButton(() => askConnectorText(id), () => `lastsync-${id}.json`);
    this.raw = make('span', { class: 'raw' }, this.json, this.jsonByKey,
      copyButton(() => curl({ path }), 'Copy as curl'));
    show(this.raw, !isUnaddressable(id));
    this.sync = make('button', { type: 'button', class: 'changes', text: 'Sync now',
      onclick: () => askForSync(id, this.name.textContent) });
    this.muteButton = make('button', { type: 'button', class: 'changes', onclick: () =>
      (this.isMuted ? askToUnmute : askToMute)(id, this.name.textContent) });
    this.mute = new MuteLine();
    this.trouble = new Trouble();
    this.parts = { content: new Facts('Content syncs', true),
      access: new Facts('Access-control syncs', false), errors: new Errors(),
      timeline: new Timeline((range) => go({ ...view, range })), days: new Days(), history: new History(id), schedule: new Schedule(id),
      jobs: new Jobs(), redis: new RedisKeys(id) };
  }

  get nodes() {
    const { content, access, errors, timeline, days, history, schedule, jobs, redis } = this.parts;
    return [
      make('nav', { class: 'trail', 'aria-label': 'Back' }, this.back, this.raw),
      make('div', { class: 'title' }, this.heading, this.badge, this.run,
        make('span', { class: 'deeds' }, this.muteButton, this.sync)),
      this.mute.node,
      this.trouble.node,
      make('dl', { class: 'about' }, ...Object.values(this.about).map(({ node }) => node)),
      errors.node,
      timeline.node,
      days.node,
      make('div', { class: 'pair' }, content.node, access.node),
      history.node,
      jobs.node,
      make('div', { class: 'pair' }, schedule.node, redis.node),
    ];
  }

  update({ overview, history, connector, jobs, days }) {
    const result = overview.body;
    const { about, parts } = this;
    const isWhole = areAll(history.body.results.length, isUnaddressable(this.id) ? WHOLE : HISTORY);
    setText(this.name, nameOf(result));
    document.title = `${nameOf(result)} – lastsync`;
    setAttribute(this.badge, 'class', `badge ${result.state}`);
    setAttribute(this.badge, 'title', STATES[result.state]?.means);
    setIcon(this.icon, result.state);
    setText(this.state, STATES[result.state]?.label ?? result.state);
    show(this.json, !currentKey());    // a link would not show the key
    show(this.jsonByKey, Boolean(currentKey()));
    this.#showRun(result);
    this.trouble.update(result);
    this.#showMute(result);
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
    parts.history.update(history.body, isWhole);
    parts.timeline.update(result, history.body.results, isWhole);
    parts.days.update(days);
    parts.schedule.update(result, connector?.body);
    parts.jobs.update(jobs?.body);
    parts.redis.update(result.index_name);
  }

  #showMute(result) {
    this.isMuted = Boolean(result.muted);
    setText(this.muteButton, this.isMuted ? 'Unmute' : 'Mute');
    show(this.muteButton, !isUnaddressable(this.id));
    this.mute.update(result);
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
  if (missing === view.connector) return;
  missing = view.connector;
  const back = make('a', { class: 'back', 'data-inner': true, text: 'All connectors',
    href: addressOf({ ...view, connector: null }) });
  section.replaceChildren(make('nav', { class: 'trail', 'aria-label': 'Back' }, back),
    make('h1', { id: 'connector-name', tabindex: '-1', text: 'No such connector' }),
    make('p', { class: 'lead' }, 'There is none with the id ',
      make('bdi', { text: view.connector }), '. It may have been deleted.'));
  document.title = 'No such connector – lastsync';
  page = null;
}

// Days change seldom: they are requested again after a while.
const DAYS_AGE = 60000;
let days = { id: null, number: 0, askedAt: -Infinity, results: null };

async function askAll(id, signal) {
  const number = daysShown();
  const isOld = days.id !== id || days.number !== number || performance.now() - days.askedAt > DAYS_AGE;
  const from = new Date(now() - (number - 1) * 86400000);
  const [answer, results] = await Promise.all([askConnector(id, HISTORY, signal),
    isOld ? number && askDays(id, from, signal) : days.results]);
  if (isOld) days = { id, number, askedAt: performance.now(), results: results || null };
  return { ...answer, days: days.results };
}

// `goTo` takes a view to show.
export function prepareConnector(goTo) {
  go = goTo;
  document.addEventListener('zone', () => page?.parts.timeline.redraw());
}

export const connectorView = {
  section,
  updated: null,                     // main.js keeps it: when the last answer came

  open(wanted) {
    view = wanted;
    if (page?.id !== view.connector) {
      page = new Page(view.connector);
      missing = null;
      section.replaceChildren(...page.nodes);
      section.classList.add('loading');
      this.updated = null;
    }
    page.parts.timeline.setRange(view.range);
    setAttribute(page.back, 'href', addressOf({ ...view, connector: null }));
    document.title = `${page.name.textContent} – lastsync`;
  },

  async load(signal) {
    let answer;
    try {
      answer = await askAll(view.connector, signal);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      section.classList.remove('loading');
      showMissing();
      return;
    }
    if (!page) this.open(view);      // it was missing, and has come back
    section.classList.remove('loading');
    page.update(answer);
  },
};
