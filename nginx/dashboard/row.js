// A row of the list: one connector, made once and patched with each answer.

import { make, setAttribute, setBlank, setText, setValue, show } from './dom.js';
import { setIcon } from './icons.js';
import { muteNote } from './mute.js';
import { cellAt, cellsOf, describeCell, describeStrip, markCell, shareWords, strip } from './strip.js';
import { failingWords, lateWords, nextTry, runningSync, runningWord, runs, syncsOf } from './syncs.js';
import { setTime } from './time.js';
import { count, excerpt, isNamed, nameOf, STATES, STATUSES } from './words.js';

const ERROR_LENGTH = 300;            // characters of an error in a row; its own view has all

function cell(name, ...children) {
  return make('td', { role: 'cell', class: name }, ...children);
}

const STRIP_WIDTH = 140;

// Why it is in trouble, as [words, moment].
function troubleNote(result, now) {
  if (result.state === 'failing') return [failingWords(result), result.failing_since];
  if (result.state === 'late') return [lateWords(result, now), null];
  return null;
}

// When a failing connector tries again by its schedule, as [words, moment].
function againNote(result, now) {
  const next = result.state === 'failing' && !runs(result) ? nextTry(result, now) : null;
  return next && ['tries again', next];
}

// That a sync runs, as [words, moment].
function runningNote(result) {
  if (!runs(result)) return null;
  return [`${runningWord(result)}${result.running_since ? ' for' : ''}`, result.running_since];
}

function noteParts(form = 'since') {
  const words = make('span');
  const time = make('time', { 'data-form': form });
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
      trouble: noteParts(),
      again: noteParts('age'),
      running: noteParts(),
      muted: noteParts('age'),
      link: make('a', { 'data-inner': true }),
      id: make('bdi'),
      index: make('bdi'),
      type: make('bdi'),
      success: make('time'),
      due: make('span', { class: 'note' }, 'due ', make('time')),
      accessIcon: make('span', { class: 'badge-icon' }),
      access: make('time'),
      strip: make('span', { class: 'strip-place' }),
      read: make('span', { class: 'read', hidden: true, 'aria-hidden': 'true' }),
      share: make('span', { class: 'note' }),
    };
    parts.badge = make('span', { class: 'badge' }, parts.icon, parts.state);
    parts.cells = {
      state: cell('state', parts.badge, parts.trouble.node, parts.again.node, parts.running.node,
        parts.muted.node),
      name: cell('name', parts.link, make('span', { class: 'note' }, parts.id, parts.index)),
      type: cell('type', parts.type),
      success: cell('success', parts.success, parts.due),
      indexed: cell('number indexed'),
      deleted: cell('number deleted'),
      syncs: cell('syncs', parts.strip, parts.share, parts.read),
      access: cell('access', parts.accessIcon, parts.access),
      errors: cell('errors'),
    };
    this.parts = parts;
    this.node = make('tr', { role: 'row' }, ...Object.values(parts.cells));
    this.drawn = {};
  }

  // Shows a result of the overview, with its known history, which may be whole. `address` leads to its own view,
  // `range` is the strip's, and the words of `query` are marked in errors.
  update(result, { address, range, query, now, isWhole }) {
    setAttribute(this.node, 'data-state', result.state);
    setAttribute(this.node, 'data-muted', Boolean(result.muted));
    this.#showState(result, now);
    this.#showName(result, address);
    this.#showContent(result);
    this.#showAccess(result.access_control);
    this.#showSyncs(result, { range, now, isWhole });
    this.#showErrors(errorsOf(result), query);
  }

  #showState(result, now) {
    const { badge, icon, state, trouble, again, running, muted } = this.parts;
    setAttribute(badge, 'class', `badge ${result.state}`);
    setAttribute(badge, 'title', STATES[result.state]?.means);
    setIcon(icon, result.state);
    setText(state, STATES[result.state]?.label ?? result.state);
    setNote(trouble, troubleNote(result, now));
    setNote(again, againNote(result, now));
    setNote(running, runningNote(result));
    setNote(muted, muteNote(result));
    setAttribute(muted.node, 'title', result.muted?.note);
  }

  #showName(result, address) {
    const { link } = this.parts;
    const [name, isTold] = [nameOf(result), isNamed(result)];
    setAttribute(link, 'href', address);
    setText(link, name);
    setAttribute(link, 'title', name);
    setText(this.parts.id, result.id);
    show(this.parts.id, isTold);
    setText(this.parts.index, result.index_name ?? 'no index');
    setAttribute(this.parts.index, 'class', isTold ? 'after' : null);
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

  // Of the last ended sync; if none has ended, as reported.
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

  #showSyncs(result, { range, now, isWhole }) {
    const { history, schedules } = result;
    const running = runningSync(result, now);
    const isRunning = Boolean(running);
    const syncs = syncsOf(history, 'content', isWhole);
    const cells = cellsOf({ syncs, schedules, range, now, isWhole, running });
    const missed = cells.map((cell) => cell.missed).join(' ');
    const drawn = `${history[0]?.id ?? ''} ${isWhole} ${isRunning} ${cells[0].from} ${cells.length} ${missed}`;
    if (this.drawn.syncs === drawn) return;
    this.drawn.syncs = drawn;
    this.cells = cells;
    this.place = null;
    show(this.parts.read, false);
    if (syncs.length || isRunning) {
      const label = `${describeStrip(cells, range)}${isRunning ? '; one is running' : ''}`;
      this.parts.strip.replaceChildren(strip(cells, { width: STRIP_WIDTH, isRunning, label }));
    } else setBlank(this.parts.strip, 'no syncs');
    setText(this.parts.share, shareWords(cells));
  }

  // Describes the cell under the pointer; nothing if `event` is null.
  readStrip(event) {
    const svg = this.parts.strip.querySelector('svg');
    if (!svg) return '';
    return this.#readCell(svg, event && cellAt(svg, event));
  }

  // Moves on by a cell, and gives its words. The first step is to the last cell.
  stepStrip(step) {
    const svg = this.parts.strip.querySelector('svg');
    if (!svg) return 'no syncs';
    const last = this.cells.length - 1;
    const place = this.place === null ? last : this.place + step;
    return this.#readCell(svg, Math.min(Math.max(place, 0), last));
  }

  #readCell(svg, place) {
    this.place = place;
    markCell(svg, place);
    show(this.parts.read, place !== null);
    const words = place === null ? '' : describeCell(this.cells[place]);
    if (words) setText(this.parts.read, words);
    return words;
  }

  #showErrors(errors, query) {
    const text = JSON.stringify([errors, query]);
    if (this.drawn.errors === text) return;
    this.drawn.errors = text;
    this.parts.cells.errors.replaceChildren(...errors.map(([label, error]) => make('p', {},
      label ? make('span', { class: 'of', text: `${label}: ` }) : null,
      make('bdi', {}, ...excerpt(error, query, ERROR_LENGTH)
        .map(([part, isMarked]) => (isMarked ? make('mark', { text: part }) : part))))));
  }
}
