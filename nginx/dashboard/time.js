// Shows moments as ages by the server's clock, and keeps them current while nothing else changes.

import { make, setAttribute, setBlank, setText } from './dom.js';
import { ago, exact, moment, since } from './words.js';

const ROUGH = 2000;                  // milliseconds by which a header may differ, and tells nothing new

let ahead = 0;                       // milliseconds that the server's clock is ahead of ours

// Learns the server's time from an answer: its own field, or else the header, which has whole
// seconds. Our own clock may be set at any time.
export function learnTime({ body, date }) {
  const said = Date.parse(body?.now ?? '');
  const roughly = Date.parse(date ?? '');
  if (!Number.isNaN(said)) ahead = said - Date.now();
  else if (Math.abs(roughly - now()) > ROUGH) ahead = roughly - Date.now();
}

export const now = () => Date.now() + ahead;

const ageOf = (at) => ago(at, now());

// How a <time> is written, by its data-form: { main, beside }, `beside` on hover and focus.
const FORMS = {
  age: (at) => ({ main: ageOf(at), beside: exact(at) }),
  since: (at) => ({ main: since(at, now()), beside: exact(at) }), // behind "for", as in "for 9 s"
  moment: (at) => ({ main: moment(at), beside: ageOf(at) }), // for columns of moments
};

function refresh(node) {
  const { main, beside } = FORMS[node.dataset.form ?? 'age'](Date.parse(node.dateTime));
  setText(node.firstChild, main);
  setText(node.lastChild, beside);
}

// Shows a moment in a <time>, or the dash for none.
export function setTime(node, moment, words) {
  if (Number.isNaN(Date.parse(moment ?? ''))) {
    setAttribute(node, 'datetime', null);
    setBlank(node, words);
    return;
  }
  if (!node.querySelector('.ago')) {
    node.replaceChildren(make('span', { class: 'ago' }), make('span', { class: 'exact' }));
  }
  setAttribute(node, 'datetime', moment);
  refresh(node);
}

// The attributes of an SVG <text> that shows a moment as an age.
export const ageText = (at) => ({ 'data-age-of': at, text: ageOf(at) });

// Called every second or so.
export function tick() {
  for (const node of document.querySelectorAll('time[datetime]')) refresh(node);
  for (const node of document.querySelectorAll('text[data-age-of]')) setText(node, ageOf(Number(node.dataset.ageOf)));
}
