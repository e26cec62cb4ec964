// Shown while there are no data: a login, or the reason and what to do.

import { setText, show } from './dom.js';
import { currentKey, keepKey } from './session.js';
import { Refused } from './source.js';

const ROLES = 'view_connector, monitor_connector or manage_connector';

// Rows of [which errors, title, what to do, whether a key may help].
const SENTENCES = [
  [(error) => error.status === 401 && !currentKey(), 'Log in to see the connectors',
    () => `Show a key of the role ${ROLES}. On the server, “lastsync key create --role ` +
      'view_connector” makes one.', true],
  [(error) => error.status === 401, 'This key does not open the door',
    () => 'It is not known, was revoked, or has expired. Look for a typing error, or ask for a new one.',
    true],
  [(error) => error.status === 403 && currentKey(), 'This key may not look at connectors',
    () => `It is of another role than ${ROLES}. Log in with another key.`, true],
  [(error) => error.status === 403, 'The web server does not let you in',
    (error) => `It says: ${error.reason}. Its administrator decides who may come in.`, false],
  [(error) => error.status === 404, 'lastsync is not behind this page',
    () => 'The web server must pass all else below /_lastsync/, and /_connector, to lastsync.', false],
  [(error) => error.status === 429, 'The server asks for patience',
    () => 'This page has asked too often. It tries again by itself.', false],
  [(error) => error.status >= 500, 'lastsync cannot serve now',
    (error) => `It says: ${error.reason}. Look at its log, and whether its service and Redis run. ` +
      'This page tries again by itself.', false],
  [(error) => error instanceof Refused, 'The server refuses to answer',
    (error) => `It says: ${error.reason} (${error.status}).`, false],
  [(error) => error.isForeign, 'What answers here is not lastsync',
    () => 'Something before it answers, perhaps with a login of its own. Reload this page to see it.',
    false],
  [() => true, 'The server does not answer',
    (error) => `To be exact: ${error.message}. Look at the address, the network and the web server. ` +
      'This page tries again by itself.', false],
];

const element = (id) => document.getElementById(id);

export const isLocked = (error) => error instanceof Refused && [401, 403].includes(error.status);

// Shows the sentences on an error, instead of the views.
export function showGate(error) {
  const [, title, advice, key] = SENTENCES.find(([fits]) => fits(error));
  const isNew = element('gate').hidden || element('gate-title').textContent !== title;
  setText(element('gate-title'), title);
  setText(element('gate-words'), advice(error));
  show(element('login'), key);
  show(element('knock'), !key);
  show(element('gate'), true);
  document.title = `${title} – lastsync`;
  setText(element('announcement'), key ? title : ''); // elsewhere the title has the focus
  if (isNew) (key ? element('key-id') : element('gate-title')).focus({ preventScroll: true });
}

export function hideGate() {
  show(element('gate'), false);
}

// `again` repeats the request.
export function prepareGate(again) {
  element('login').addEventListener('submit', (event) => {
    event.preventDefault();
    const [id, secret] = [element('key-id'), element('key-secret')];
    if (!secret.value.trim()) return secret.focus();
    keepKey(id.value, secret.value);
    secret.value = '';
    setText(element('gate-words'), 'Looking …'); // so that a refusal shows, even if it is the same as before
    setText(element('announcement'), '');
    return again();
  });
  element('knock').addEventListener('click', again);
}
