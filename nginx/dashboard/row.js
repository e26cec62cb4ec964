// A row of the list: one connector, made once and patched with each answer.

import { make, setAttribute, setBlank, setText, setValue, show } from './dom.js';
import { setIcon } from './icons.js';
import { sparkline } from './chart.js';
import { syncsOf } from './syncs.js';
import { setTime } from './time.js';
import { count, STATES, STATUSES } from './words.js';

const ERROR_LENGTH = 300;            // characters of an error in a row; its own view has all

function cell(name, ...children) {
  return make('td', { role: 'cell', class: name }, ...children);
}

// What is shown below a state, as [words, moment] of which either may be null.
function stateNote({ state, content, access_control: access, due_at: due }) {
  const failures = content.consecutive_failures || access.consecutive_failures;
  switch (state) {
    case 'failing': return [failures > 1 ? `${count(failures)} in a row` : null, null];
    case 'running':
    case 'lost': return ['began', content.started_at ?? access.started_at];
    case 'late': return ['due', due];
    default: return [null, null];
  }
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
      noteWords: make('span'),
      noteTime: make('time'),
      link: make('a', { 'data-inner': true }),
      id: make('bdi'),
      index: make('bdi'),
      type: make('bdi'),
      success: make('time'),
      due: make('span', { class: 'note' }, 'due ', make('time')),
      accessIcon: make('span', { class: 'badge-icon' }),
      access: make('time'),
    };
    const note = make('span', { class: 'note' }, parts.noteWords, ' ', parts.noteTime);
    const badge = make('span', { class: 'badge' }, parts.icon, parts.state);
    Object.assign(parts, { note, badge });
    parts.cells = {
      state: cell('state', parts.badge, note),
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
    this.#showSyncs(result.history ?? []);
    this.#showErrors(errorsOf(result));
  }

  #showState(result) {
    const { badge, icon, state, note, noteWords, noteTime } = this.parts;
    const [words, moment] = stateNote(result);
    setAttribute(badge, 'class', `badge ${result.state}`);
    setAttribute(badge, 'title', STATES[result.state]?.means);
    setIcon(icon, result.state);
    setText(state, STATES[result.state]?.label ?? result.state);
    show(note, Boolean(moment || (words && result.state === 'failing')));
    setText(noteWords, words ?? '');
    show(noteTime, Boolean(moment));
    if (moment) setTime(noteTime, moment);
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

  #showContent({ service_type: type, content, state, due_at: due }) {
    const { cells, success } = this.parts;
    setValue(this.parts.type, type, 'no service type');
    setTime(success, content.last_success, 'never');
    show(this.parts.due, Boolean(due) && state === 'fresh');
    if (due) setTime(this.parts.due.lastChild, due);
    setValue(cells.indexed, count(content.indexed_document_count));
    setValue(cells.deleted, count(content.deleted_document_count));
    setAttribute(cells.indexed, 'data-label', 'Indexed');
    setAttribute(cells.deleted, 'data-label', 'Deleted');
  }

  #showAccess({ status, last_success: success, last_synced: synced, scheduled_at: scheduled }) {
    const { accessIcon, access } = this.parts;
    show(accessIcon, Boolean(status));
    if (status) {
      setIcon(accessIcon, STATUSES[status]?.look ?? 'disabled');
      setAttribute(accessIcon, 'class', `badge-icon ${STATUSES[status]?.look}`);
    }
    setAttribute(accessIcon, 'title', status && STATUSES[status]?.label);
    setTime(access, success ?? synced ?? scheduled, status ? STATUSES[status]?.label : undefined);
  }

  #showSyncs(history) {
    const newest = history[0]?.id ?? '';
    if (this.drawn.syncs === newest) return;
    this.drawn.syncs = newest;
    const syncs = syncsOf(history, 'content');
    if (syncs.length) this.parts.cells.syncs.replaceChildren(sparkline(syncs));
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
