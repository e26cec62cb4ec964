// A connector's sync jobs, newest first; nothing at all if the server has no jobs.

import { askToCancel, isCancelable } from './actions.js';
import { make, setValue, show } from './dom.js';
import { icon } from './icons.js';
import { setTime } from './time.js';
import { count, STATUSES } from './words.js';

const COLUMNS = [['Job'], ['Status'], ['Created'], ['Completed'], ['Indexed', 'number'],
  ['Deleted', 'number'], ['Worker'], ['Error']];

function timeCell(label, moment) {
  const time = make('time', { 'data-form': 'moment' });
  setTime(time, moment, 'not yet');
  return make('td', { role: 'cell', class: 'when', 'data-label': label }, time);
}

function valueCell(name, label, text) {
  const value = make('bdi');
  setValue(value, text);
  return make('td', { role: 'cell', class: name, 'data-label': label }, value);
}

function jobRow(job) {
  const look = STATUSES[job.status]?.look ?? 'disabled';
  const kind = [job.job_type, job.trigger_method].filter(Boolean).join(', ').replaceAll('_', ' ');
  return make('tr', { role: 'row', 'data-status': job.status },
    make('td', { role: 'cell', class: 'job' }, make('span', { text: kind }),
      make('bdi', { class: 'note', text: job.id })),
    make('td', { role: 'cell', class: 'status' },
      make('span', { class: `badge-icon ${look}` }, icon(look)),
      STATUSES[job.status]?.label ?? job.status,
      isCancelable(job) ? make('button', { type: 'button', class: 'changes copy', text: 'Cancel',
        'aria-label': `Cancel job ${job.id}`, onclick: () => askToCancel(job) }) : null),
    timeCell('Created', job.created_at), timeCell('Completed', job.completed_at),
    valueCell('number', 'Indexed', count(job.indexed_document_count)),
    valueCell('number', 'Deleted', count(job.deleted_document_count)),
    valueCell('worker', 'Worker', job.worker_hostname),
    make('td', { role: 'cell', class: 'error-text' },
      job.error ? make('bdi', { text: job.error }) : null));
}

export class Jobs {
  constructor() {
    this.body = make('tbody', { role: 'rowgroup' });
    const head = COLUMNS.map(([name, kind]) =>
      make('th', { role: 'columnheader', scope: 'col', class: kind, text: name }));
    this.table = make('table', { class: 'past jobs', role: 'table', 'aria-label': 'Sync jobs' },
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)), this.body);
    this.empty = make('p', { class: 'hint', text: 'No job was created for this connector.' });
    this.node = make('section', { class: 'panel', hidden: true },
      make('div', { class: 'panel-head' }, make('h2', { text: 'Sync jobs' })),
      this.empty, this.table);
    this.drawn = new Map();          // job id -> [its text, its row]
  }

  // `jobs` is a list of the API, or undefined where the server has no jobs.
  update(jobs) {
    show(this.node, Boolean(jobs));
    if (!jobs) return;
    show(this.empty, !jobs.results.length);
    show(this.table, jobs.results.length > 0);
    const rows = jobs.results.map((job) => this.#row(job));
    if (rows.some((row, i) => this.body.children[i] !== row) ||
        rows.length !== this.body.children.length) this.body.replaceChildren(...rows);
  }

  #row(job) {
    const plain = (key, value) => (typeof value === 'bigint' ? `${value}` : value);
    const text = JSON.stringify(job, plain);
    if (this.drawn.get(job.id)?.[0] !== text) this.drawn.set(job.id, [text, jobRow(job)]);
    return this.drawn.get(job.id)[1];
  }
}
