// The page: shows the view that its address names, and keeps it fresh.

import { closeQuestion, forgetDone } from './actions.js';
import { addressOf, readAddress } from './address.js';
import { connectorView, prepareConnector } from './connector.js';
import { setAttribute, setText, show } from './dom.js';
import { fleetView, prepareFleet } from './fleet.js';
import { hideGate, isLocked, prepareGate, showGate } from './gate.js';
import { HealthLine } from './health.js';
import { listView, prepareList } from './list.js';
import { currentKey, forgetKey } from './session.js';
import { Refused, forgetSelf } from './source.js';
import { tick } from './time.js';
import { ago, exact, since } from './words.js';
import { prepareZone } from './zone.js';

const INTERVAL = 5000;               // milliseconds between an answer and the next request, at least
const LONGEST_INTERVAL = 60000;
const SHARE = 20;                    // a view that costs the server much takes 1 / 20 of its time
const LONGEST_RETRY = 15000;
const THEMES = ['system', 'light', 'dark'];

const element = (id) => document.getElementById(id);

let view = null;
let shown = null;                    // listView, connectorView or fleetView
let timer = null;
let request = null;                  // the AbortController of the request under way
let failures = 0;
let isRefused = false;               // the last one was about the request itself: it may fail again
let updated = null;                  // when the last answer of the shown view came, by our clock
let isIn = false;                    // whether views may be seen: an answer has come
let wasLocked = false;               // there may be data that are not to be seen, until an answer comes
let interval = INTERVAL;             // until the next request
let paused = false;
let locked = false;                  // not let in: no requests until a login
const places = new Map();            // address -> its scroll position, for the way back
let waiting = null;                  // what has the focus until the view, which is still hidden, can have it
const health = new HealthLine(element('health'));

// ---- how old the data are ----

function showPulse() {
  const age = updated === null ? 0 : Date.now() - updated;
  const state = locked ? 'locked' : failures ? 'lost' : paused ? 'paused' : age > 3 * interval ? 'old' : 'live';
  setAttribute(element('pulse'), 'data-state', updated === null && !failures ? 'loading' : state);
  setAttribute(element('pulse'), 'title', updated === null ? null : exact(updated));
  if (updated === null) {
    setText(element('pulse-text'), locked ? 'Locked' : failures ? 'No data' : 'Loading');
    return;
  }
  const words = { lost: 'Data from', old: 'Old data, from', paused: 'Paused, data from',
    live: 'Updated' }[state];
  const slow = state === 'live' && interval > (shown.every ?? INTERVAL) ? `, every ${since(0, interval)}` : '';
  setText(element('pulse-text'), `${words} ${ago(updated, Date.now())}${slow}`);
}

function succeeded(took) {
  const isBack = failures > 0;
  if (isBack) setText(element('announcement'), 'The server answers again.');
  failures = 0;
  isRefused = false;
  locked = false;
  isIn = true;
  wasLocked = false;
  updated = Date.now();
  shown.updated = updated;
  interval = Math.min(Math.max(shown.every ?? INTERVAL, Math.round(SHARE * took / 1000) * 1000), LONGEST_INTERVAL);
  const isAtProblem = element('problem').contains(document.activeElement);
  show(element('problem'), false);
  show(element('logout'), Boolean(currentKey()));
  document.body.classList.remove('stale');
  showView();
  if (isAtProblem) arrive(null, scrollY);
  showPulse();
  health.refresh(isBack).then((differs) => differs && !paused && refresh());
}

// Shows the view in place of the gate.
function showView() {
  const focused = document.activeElement;
  const isToMove = element('gate').contains(focused) || (waiting && focused === waiting);
  hideGate();
  show(shown.section, true);
  waiting = null;
  if (isToMove) arrive(null, scrollY);
}

// Access is refused: nothing that is known may be seen.
function lock() {
  isIn = false;
  wasLocked = true;
  updated = null;
  for (const each of [listView, connectorView, fleetView]) each.updated = null;
  health.forget();
  forgetSelf();
  closeQuestion();
  forgetDone();
}

// After a view's first answer its old data stay in view, unless access is now refused. So do its choices, if the
// server does not like them.
function failed(error) {
  failures++;
  locked = isLocked(error);
  if (locked) lock();
  isRefused = error instanceof Refused && error.status === 400;
  if (updated === null && !(isRefused && shown.hasChoices && !wasLocked)) {
    show(element('problem'), false);
    show(shown.section, false);
    show(element('logout'), locked && Boolean(currentKey()));
    showGate(error);
  } else {
    if (updated === null) showView();
    const age = updated === null ? '' : ` What you see is from ${exact(updated)}.`;
    const text = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.${age}`;
    if (element('problem').hidden || failures === 1) setText(element('problem-text'), text);
    show(element('problem'), true);
  }
  document.body.classList.toggle('stale', updated !== null);
  showPulse();
  if (!locked) health.refresh(true);
}

// ---- requests ----

// Whether what the user asked for has not come yet.
const isAwaited = () => updated === null || shown.section.hasAttribute('aria-busy');

// Whether it asks by itself. A pause holds what is shown, not what is still to be shown.
const mayAsk = () => (!paused || isAwaited()) && !locked && !document.hidden;

function askLater() {
  clearTimeout(timer);
  if (!mayAsk()) return;
  const wait = isRefused ? LONGEST_INTERVAL : failures ? Math.min(1000 * 2 ** (failures - 1), LONGEST_RETRY) : interval;
  timer = setTimeout(refresh, wait);
}

async function refresh() {
  clearTimeout(timer);
  request?.abort();
  const mine = new AbortController();
  const began = performance.now();
  request = mine;
  try {
    await shown.load(mine.signal);
    if (request !== mine) return;
    succeeded(performance.now() - began);
  } catch (error) {
    if (request !== mine) return;
    failed(error);
  }
  askLater();
}

// ---- which view ----

// Marks the bar's link of the current view.
function showWhere() {
  for (const link of document.querySelectorAll('.views a')) {
    const isHere = readAddress(new URL(link.href).search).fleet === view.fleet;
    setAttribute(link, 'aria-current', isHere && (view.connector ? 'true' : 'page'));
  }
}

// `isBack` tells that the browser has gone to another step of its history.
function open(wanted, isBack = false) {
  view = wanted;
  const next = view.connector ? connectorView : view.fleet ? fleetView : listView;
  const isNew = shown !== next;
  if (shown && isNew) {
    show(shown.section, false);
    shown.close?.();
  }
  shown = next;
  closeQuestion();
  forgetDone();
  showWhere();
  shown.open(view, isBack);
  updated = shown.updated ?? null;
  if (isNew || updated === null) show(element('problem'), false); // its words are of another view
  if (isIn) {
    hideGate();
    show(shown.section, true);
  }
  showPulse();
  refresh();
  return isNew;
}

// Shows a view, as a step in the browser's history or in place of the current one.
function go(wanted, how = 'push') {
  const before = view;
  places.set(location.href, scrollY);
  history[how === 'replace' ? 'replaceState' : 'pushState'](null, '', addressOf(wanted));
  const isNew = open(wanted);
  if (isNew || wanted.connector !== before.connector) arrive(before);
  else if (wanted.from !== before.from) scrollTo(0, 0);
}

// The focus goes where the user goes: to a connector's name, and on the way back to its row.
function arrive(before, place = 0) {
  waiting = shown.section.hidden ? document.activeElement : null;
  if (view.connector) {
    element('connector-name')?.focus({ preventScroll: true });
  } else if (view.fleet) {
    element('fleet-title').focus({ preventScroll: true });
  } else {
    const id = before?.connector;
    const row = [...document.querySelectorAll('#rows a')]
      .find((link) => readAddress(new URL(link.href).search).connector === id);
    (row ?? element('content')).focus({ preventScroll: true });
  }
  scrollTo(0, place);
}

function listenToAddress() {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', () => {
    const before = view;
    open(readAddress(), true);
    arrive(before, places.get(location.href) ?? 0);
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-inner]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(readAddress(new URL(link.href).search));
  });
}

// ---- the bar ----

// What is shown stays as it is: an answer that is on its way would still change it.
function setPaused(wanted) {
  paused = wanted;
  setAttribute(element('pause'), 'aria-pressed', String(paused));
  showPulse();
  if (!paused) {
    refresh();
    return;
  }
  if (isAwaited()) return;
  clearTimeout(timer);
  request?.abort();
  request = null;
}

function showTheme() {
  const chosen = document.documentElement.dataset.theme ?? 'system';
  setText(element('theme'), `Colours: ${chosen}`);
}

function changeTheme() {
  const root = document.documentElement;
  const chosen = root.dataset.theme ?? 'system';
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
  if (next === 'system') delete root.dataset.theme;
  else root.dataset.theme = next;
  showTheme();
  try {
    localStorage.setItem('lastsync-theme', next);
  } catch {
    // Storage is forbidden: the choice holds as long as the page.
  }
}

prepareList(go);
prepareConnector(go);
prepareFleet(go);
prepareGate(refresh);
const showZone = prepareZone(element('zone'));
listenToAddress();
document.addEventListener('changed', refresh);
element('logout').addEventListener('click', () => {
  forgetKey();
  location.reload();                 // forgets all that the page knew
});
showTheme();
element('theme').addEventListener('click', changeTheme);
element('pause').addEventListener('click', () => setPaused(!paused));
element('retry').addEventListener('click', refresh);
document.addEventListener('visibilitychange', () => {
  if (mayAsk()) refresh();
  else clearTimeout(timer);
});
addEventListener('online', () => mayAsk() && refresh());
setInterval(() => {
  if (document.hidden) return;
  showZone();
  tick();
  showPulse();
}, 1000);
open(readAddress());
