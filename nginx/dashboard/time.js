// Shows moments as ages by the server's clock, and keeps them true while nothing else changes.

import { make, setAttribute, setBlank, setText } from './dom.js';
import { ago, exact, since } from './words.js';

let ahead = null;                    // milliseconds that the server's clock is ahead of ours

// Learns the server's time from an answer: its own word, or else the header, which has seconds.
export function learnTime({ body, date }) {
  const said = Date.parse(body?.now ?? '');
  if (!Number.isNaN(said)) ahead = said - Date.now();
  else if (ahead === null && date) ahead = Date.parse(date) - Date.now();
}

export const now = () => Date.now() + (ahead ?? 0);

function refresh(node) {
  const words = node.dataset.form === 'since' ? since : ago;
  setText(node.querySelector('.ago'), words(Date.parse(node.dateTime), now()));
}

// `node` is a <time>: its age, and the exact moment beside it, which shows on hover and focus. With
// data-form="since" the age stands behind "for", as in "for 9 s".
export function setTime(node, moment, words) {
  const at = Date.parse(moment ?? '');
  if (Number.isNaN(at)) {
    setAttribute(node, 'datetime', null);
    setBlank(node, words);
    return;
  }
  if (!node.querySelector('.ago')) {
    node.replaceChildren(make('span', { class: 'ago' }), make('span', { class: 'exact' }));
  }
  setAttribute(node, 'datetime', moment);
  setText(node.querySelector('.exact'), exact(at));
  refresh(node);
}

// Called every second or so.
export function tick() {
  for (const node of document.querySelectorAll('time[datetime]')) refresh(node);
}
