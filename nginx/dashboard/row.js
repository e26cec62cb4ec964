// A row of the list: one connector, made once and patched with each answer.

import { make, setAttribute, setBlank, setText, setValue, show } from './dom.js';
import { setIcon } from './icons.js';
import { sparkline } from './chart.js';
import { runningWord, runs, syncsOf } from './syncs.js';
import { setTime } from './time.js';
import { count, STATES, STATUSES } from './words.js';

const ERROR_LENGTH = 300;            // characters of an error in a row; its own view has all

function cell(name, ...children) {
  return make('td', { role: 'cell', class: name }, ...children);
}

// How long it has failed, as [words, moment]; null where it does not fail.
function failingNote({ state, content, access_control: access, failing_since: since }) {
  const failures = content.consecutive_failures || access.consecutive_failures;
  if (state !== 'failing') return null;
  return [failures > 1 ? `${count(failures)} in a row, for` : 'for', since];
}

// That a sync runs, likewise.
function runningNote(result) {
  if (!runs(result)) return null;
  return [`${runningWord(result)}${result.running_since ? ' for' : ''}`, result.running_since];
}

function noteParts() {
  const words = make('span');
  const time = make('time', { 'data-form': 'since' });
  return { node: make('span', { class: 'note', hidden: true }, words, ' ', time), words, time };
}

function setNote({ node, words, time }, note) {
  show(node, Boolean(note));
  if (!note) return;
  setText(words, note[0]);
  show(time, Boolean(note[1]));
  if (note[1]) setTime(time, note[1]);
}

function errorsOf({ content, access_control: access, error }) {
  return [[null, content.error], ['Access control', access.error], ['Connector', error]]
    .filter(([, text]) => text);
}

export class Row {
  constructor() {
    const parts = {
      icon: make('span', { class: 'badge-icon' }),
      state: make('span'),
      failing: noteParts(),
      running: noteParts(),
      link: make('a', { 'data-inner': true }),
      id: make('bdi'),
      index: make('bdi'),
      type: make('bdi'),
      success: make('time'),
      due: make('span', { class: 'note' }, 'due ', make('time')),
      accessIcon: make('span', { class: 'badge-icon' }),
      access: make('time'),
    };
    parts.badge = make('span', { class: 'badge' }, parts.icon, parts.state);
    parts.cells = {
      state: cell('state', parts.badge, parts.failing.node, parts.running.node),
      name: cell('name', parts.link, make('span', { class: 'note' }, parts.id, parts.index)),
      type: cell('type', parts.type),
      success: cell('success', parts.success, parts.due),
      indexed: cell('number indexed'),
      deleted: cell('number deleted'),
      syncs: cell('syncs'),
      access: cell('access', parts.accessIcon, parts.access),
      errors: cell('errors'),
    };
    this.parts = parts;
    this.node = make('tr', { role: 'row' }, ...Object.values(parts.cells));
    this.drawn = {};
  }

  update(result, address) {
    setAttribute(this.node, 'data-state', result.state);
    this.#showState(result);
    this.#showName(result, address);
    this.#showContent(result);
    this.#showAccess(result.access_control);
    this.#showSyncs(result);
    this.#showErrors(errorsOf(result));
  }

  #showState(result) {
    const { badge, icon, state, failing, running } = this.parts;
    setAttribute(badge, 'class', `badge ${result.state}`);
    setAttribute(badge, 'title', STATES[result.state]?.means);
    setIcon(icon, result.state);
    setText(state, STATES[result.state]?.label ?? result.state);
    setNote(failing, failingNote(result));
    setNote(running, runningNote(result));
  }

  #showName({ id, name, index_name: index }, address) {
    const { link } = this.parts;
    setAttribute(link, 'href', address);
    setText(link, name || id);
    setAttribute(link, 'title', name || id);
    setText(this.parts.id, id);
    show(this.parts.id, Boolean(name));
    setText(this.parts.index, index ?? 'no index');
    setAttribute(this.parts.index, 'class', name ? 'after' : null);
  }

  #showContent({ service_type: type, content, due_at: due }) {
    const { cells, success } = this.parts;
    setValue(this.parts.type, type, 'no service type');
    setTime(success, content.last_success, 'never');
    show(this.parts.due, Boolean(due));
    if (due) setTime(this.parts.due.lastChild, due);
    setValue(cells.indexed, count(content.indexed_document_count));
    setValue(cells.deleted, count(content.deleted_document_count));
    setAttribute(cells.indexed, 'data-label', 'Indexed');
    setAttribute(cells.deleted, 'data-label', 'Deleted');
  }

  // Of the last sync that ended; of one that has never ended, as it was reported.
  #showAccess({ ended_status: ended, status: reported, last_success: success,
    scheduled_at: scheduled }) {
    const { accessIcon, access } = this.parts;
    const status = ended ?? reported;
    show(accessIcon, Boolean(status));
    if (status) {
      setIcon(accessIcon, STATUSES[status]?.look ?? 'disabled');
      setAttribute(accessIcon, 'class', `badge-icon ${STATUSES[status]?.look}`);
    }
    setAttribute(accessIcon, 'title', status && STATUSES[status]?.label);
    setTime(access, success ?? scheduled, status ? STATUSES[status]?.label : undefined);
  }

  #showSyncs({ history = [], content }) {
    const isRunning = Boolean(content.started_at);
    const drawn = `${history[0]?.id ?? ''} ${isRunning}`;
    if (this.drawn.syncs === drawn) return;
    this.drawn.syncs = drawn;
    const syncs = syncsOf(history, 'content');
    if (syncs.length || isRunning) {
      this.parts.cells.syncs.replaceChildren(sparkline(syncs, isRunning));
    }
    else setBlank(this.parts.cells.syncs, 'no syncs');
  }

  #showErrors(errors) {
    const text = JSON.stringify(errors);
    if (this.drawn.errors === text) return;
    this.drawn.errors = text;
    this.parts.cells.errors.replaceChildren(...errors.map(([label, error]) => make('p', {},
      label ? make('span', { class: 'of', text: `${label}: ` }) : null,
      make('bdi', { text: error.slice(0, ERROR_LENGTH) }))));
  }
}
