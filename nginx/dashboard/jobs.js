// A connector's sync jobs, newest first; nothing at all if the server has no jobs.

import { askToCancel, isCancelable } from './actions.js';
import { arrange, make, setAttribute, setText, setValue, show, showOrPass } from './dom.js';
import { setIcon } from './icons.js';
import { setTime } from './time.js';
import { count, STATUSES } from './words.js';

const COLUMNS = [['Job'], ['Status'], ['Created'], ['Completed'], ['Indexed', 'number'],
  ['Deleted', 'number'], ['Worker'], ['Error']];

const cell = (name, label, ...children) => make('td', { role: 'cell', class: name, 'data-label': label }, ...children);

// A row of the table: one job, made once and patched with each answer.
class Job {
  constructor({ id }) {
    const value = (name, label) => cell(name, label, make('bdi'));
    const time = (label) => cell('when', label, make('time', { 'data-form': 'moment' }));
    this.kind = make('span');
    this.icon = make('span');
    this.status = make('span');
    this.cancel = make('button', { type: 'button', class: 'changes copy', text: 'Cancel',
      'aria-label': `Cancel job ${id}`, onclick: () => askToCancel(this.job) });
    this.created = time('Created');
    this.completed = time('Completed');
    this.indexed = value('number', 'Indexed');
    this.deleted = value('number', 'Deleted');
    this.worker = value('worker', 'Worker');
    this.error = make('bdi');
    this.errors = cell('error-text', null);
    this.node = make('tr', { role: 'row' },
      cell('job', null, this.kind, make('bdi', { class: 'note', text: id })),
      cell('status', null, this.icon, this.status, this.cancel),
      this.created, this.completed, this.indexed, this.deleted, this.worker,
      this.errors);
  }

  // If its button goes, `next` gets the focus.
  update(job, next) {
    const look = STATUSES[job.status]?.look ?? 'disabled';
    this.job = job;
    setAttribute(this.node, 'data-status', job.status);
    setText(this.kind, [job.job_type, job.trigger_method].filter(Boolean).join(', ').replaceAll('_', ' '));
    setAttribute(this.icon, 'class', `badge-icon ${look}`);
    setIcon(this.icon, look);
    setText(this.status, STATUSES[job.status]?.label ?? job.status);
    showOrPass(this.cancel, isCancelable(job), next);
    setTime(this.created.firstChild, job.created_at, 'not yet');
    setTime(this.completed.firstChild, job.completed_at, 'not yet');
    setValue(this.indexed.firstChild, count(job.indexed_document_count));
    setValue(this.deleted.firstChild, count(job.deleted_document_count));
    setValue(this.worker.firstChild, job.worker_hostname);
    setText(this.error, job.error ?? '');
    if (Boolean(job.error) !== this.errors.hasChildNodes()) this.errors.replaceChildren(...(job.error ? [this.error] : []));
  }
}

export class Jobs {
  constructor() {
    this.body = make('tbody', { role: 'rowgroup' });
    const head = COLUMNS.map(([name, kind]) =>
      make('th', { role: 'columnheader', scope: 'col', class: kind, text: name }));
    this.table = make('table', { class: 'past jobs', role: 'table', 'aria-label': 'Sync jobs' },
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)), this.body);
    this.empty = make('p', { class: 'hint', text: 'No job was created for this connector.' });
    this.words = make('span', { class: 'hint' });
    this.heading = make('h2', { tabindex: '-1', text: 'Sync jobs' });
    this.node = make('section', { class: 'panel', hidden: true },
      make('div', { class: 'panel-head' }, this.heading, this.words),
      this.empty, this.table);
    this.jobs = new Map();           // id -> Job, of those in the last answer
  }

  // `jobs` is a list of the API, or undefined where the server has no jobs.
  update(jobs) {
    show(this.node, Boolean(jobs));
    if (!jobs) return;
    show(this.empty, !jobs.results.length);
    show(this.table, jobs.results.length > 0);
    const isCut = jobs.results.length < jobs.count;
    setText(this.words, isCut ? `the last ${count(jobs.results.length)} of ${count(jobs.count)}` : '');
    this.jobs = new Map(jobs.results.map((job) => [job.id, this.jobs.get(job.id) ?? new Job(job)]));
    for (const job of jobs.results) this.jobs.get(job.id).update(job, this.heading);
    arrange(this.body, [...this.jobs.values()].map(({ node }) => node));
  }
}
