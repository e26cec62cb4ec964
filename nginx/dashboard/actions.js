// Actions that change a connector. Each asks for confirmation, shows its request, and in the end
// says what it has done. A page of another origin can do none of them: they need a header or a
// method that browsers do not send to other origins without asking the server.

import { isIdle, make, setIdle, setText, show } from './dom.js';
import { currentKey } from './session.js';
import { change, Refused } from './source.js';
import { copyButton, curl } from './shell.js';
import { now } from './time.js';

const KINDS = { full: 'Full content', incremental: 'Incremental content',
  access_control: 'Access control' };

const path = (...words) => words.map((word) => `/${encodeURIComponent(word)}`).join('');

// ---- the dialog ----

// A request may have been carried out although its answer is lost, or is one of a gateway.
const isRefused = (error) => error instanceof Refused && error.status < 500;

function failureWords(error) {
  if (!isRefused(error)) return `It is not known whether this was done: ${error.message}. Look before you try again.`;
  return error.status === 403
    ? 'This key may look, but change nothing: that needs the role manage_connector.'
    : `Nothing was changed: ${error.message}.`;
}

// Asks, acts, and says so: { title, words, fields, request, done }. `request()` gives the request
// to send, and throws if a field is not filled in; `done` turns the answer into words.
function confirm({ title, words, fields = [], request, done, verb }) {
  const code = make('code');
  const fault = make('p', { class: 'fault', role: 'alert', hidden: true });
  const go = make('button', { type: 'submit', class: 'main', text: verb });
  const keep = make('button', { type: 'button', text: 'Leave it', onclick: () => dialog.close() });
  const form = make('form', { method: 'dialog' },
    make('h2', { id: 'question', text: title }), make('p', { text: words }), ...fields, fault,
    make('details', {}, make('summary', { text: 'As a command' }),
      make('pre', { tabindex: '0', role: 'region', 'aria-label': 'Command' }, code),
      copyButton(() => code.textContent)),
    make('div', { class: 'answers' }, keep, go));
  const dialog = make('dialog', { class: 'question', 'aria-labelledby': 'question' }, form);
  const describe = () => {
    try {
      setText(code, curl(request()));
    } catch {
      setText(code, '');             // something is not filled in yet
    }
  };
  const name = document.getElementById('connector-name').textContent;
  const left = () => (dialog.open ? '' : `${name}: `); // another view may be shown by now
  form.addEventListener('input', describe);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isIdle(go)) return;
    setIdle(go, true);
    try {
      const { body } = await change(request());
      tell(left() + done(body));
      dialog.close();
      document.dispatchEvent(new Event('changed'));
    } catch (error) {
      setText(fault, failureWords(error));
      show(fault, true);
      if (!dialog.open) tell(left() + failureWords(error));
      if (!isRefused(error)) document.dispatchEvent(new Event('changed'));
    } finally {
      setIdle(go, false);
    }
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  describe();
  dialog.showModal();
}

// What was asked in another view is asked no more.
export function closeQuestion() {
  document.querySelector('dialog.question')?.close();
}

// Says what was done, also to screen readers, until the next action or view.
function tell(words) {
  if (!document.getElementById('gate').hidden) return; // it tells of nothing that was known
  const node = document.getElementById('done');
  setText(node, words);
  show(node, true);
}

export function forgetDone() {
  const node = document.getElementById('done');
  show(node, false);
  setText(node, '');
}

// ---- the actions ----

function kindChoice() {
  const select = make('select', {}, ...Object.entries(KINDS).map(([value, text]) =>
    make('option', { value, text })));
  return { select, node: make('label', {}, make('span', { text: 'What' }), ' ', select) };
}

export function askForSync(id, name) {
  const { select, node } = kindChoice();
  confirm({ title: `Sync “${name}” now?`, verb: 'Sync now', fields: [node],
    words: 'A job is made; the connector\'s worker takes it up as soon as it can.',
    request: () => ({ method: 'POST', path: '/_connector/_sync_job',
      body: { id, job_type: select.value, trigger_method: 'on_demand' } }),
    done: ({ id: job }) => `A sync was asked for: job ${job} waits for a worker.` });
}

export function askToCancel(job) {
  confirm({ title: 'Cancel this job?', verb: 'Cancel the job',
    words: `Job ${job.id}. One that waits ends at once; one that runs ends when its worker sees it.`,
    request: () => ({ method: 'PUT', path: `${path('_connector', '_sync_job', job.id)}/_cancel` }),
    done: () => `Job ${job.id} is canceled, or will be when its worker sees it.` });
}

// `scheduling` is the connector's; one kind of it is changed.
export function askForSchedule(id, kind, schedule) {
  const enabled = make('input', { type: 'checkbox', checked: Boolean(schedule?.enabled) });
  const interval = make('input', { value: schedule?.interval ?? '0 0 0 * * ?', required: true,
    spellcheck: 'false', 'aria-describedby': 'cron-help' });
  confirm({ title: `Change the schedule: ${KINDS[kind].toLowerCase()}`, verb: 'Change it',
    words: 'The connector syncs by it from now on, and is late when it does not.',
    fields: [make('label', { class: 'tick' }, enabled, ' ', make('span', { text: 'On' })),
      make('label', {}, make('span', { text: 'Times' }), ' ', interval),
      make('p', { class: 'hint', id: 'cron-help', text: 'A cron expression in UTC: seconds, minutes, ' +
        'hours, day, month, day of week. “0 30 2 * * ?” is daily at 02:30.' })],
    request: () => ({ method: 'PUT', path: `${path('_connector', id)}/_scheduling`,
      body: { scheduling: { [kind]: { enabled: enabled.checked, interval: interval.value.trim() } } } }),
    done: () => `The schedule was changed: ${KINDS[kind].toLowerCase()} is ` +
      `${enabled.checked ? `on, ${interval.value.trim()}` : 'off'}.` });
}

const HOUR = 3600000;
const MUTES = [[1, '1 hour'], [8, '8 hours'], [24, '24 hours'], [72, '3 days'], [168, '7 days'],
  [0, 'until somebody ends it']];
const NOTE_MAX = 1024;               // bytes

const mutePath = (id) => `${path('_lastsync', 'connector', id)}/mute`;

export function askToMute(id, name) {
  const hours = make('select', {}, ...MUTES.map(([value, text]) => make('option', { value, text })));
  const note = make('input', { maxlength: NOTE_MAX, placeholder: 'What is known, a ticket' });
  const who = make('input', { maxlength: 64, autocomplete: 'name' });
  const field = (label, input) => make('label', {}, make('span', { text: label }), ' ', input);
  hours.value = 8;
  confirm({ title: `Mute “${name}”?`, verb: 'Mute',
    words: 'It is left out of the counts and alerts, and keeps its place in the list. Everybody sees ' +
      'the note.',
    // The server knows whose key it is.
    fields: [field('For', hours), field('Note', note), ...(currentKey() ? [] : [field('Who', who)])],
    request: () => ({ method: 'PUT', path: mutePath(id), body: {
      until: Number(hours.value) ? new Date(now() + hours.value * HOUR).toISOString() : null,
      note: note.value.trim(), who: who.value.trim() || null } }),
    done: () => `“${name}” is muted: ${hours.selectedOptions[0].text}.` });
}

export function askToUnmute(id, name) {
  confirm({ title: `Unmute “${name}”?`, verb: 'Unmute',
    words: 'It counts again, and its alerts are told.',
    request: () => ({ method: 'DELETE', path: mutePath(id) }),
    done: () => `“${name}” is not muted any more.` });
}

const CANCELABLE = ['pending', 'in_progress', 'suspended'];

export const isCancelable = ({ status }) => CANCELABLE.includes(status);
