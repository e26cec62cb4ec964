// The words for a muted connector, whose trouble somebody knows.

import { make, setText, show } from './dom.js';
import { setTime } from './time.js';

const NEVER = Date.parse('9999-01-01T00:00:00Z'); // a later end means none

const hasEnd = ({ until }) => Date.parse(until) < NEVER;

// For a row, as [words, moment].
export const muteNote = ({ muted }) => muted && (hasEnd(muted) ? ['muted, ends', muted.until] : ['muted', null]);

// The sentence in a connector's view.
export class MuteLine {
  constructor() {
    this.until = make('span', {}, ' until ', make('time', { 'data-form': 'moment' }));
    this.who = make('bdi');
    this.by = make('span', {}, ' by ', this.who);
    this.stop = make('span');
    this.note = make('bdi');
    this.node = make('p', { class: 'lead mute', hidden: true }, 'Muted', this.until, this.by, this.stop, this.note);
  }

  update({ muted }) {
    show(this.node, Boolean(muted));
    if (!muted) return;
    show(this.until, hasEnd(muted));
    if (hasEnd(muted)) setTime(this.until.lastChild, muted.until);
    show(this.by, Boolean(muted.who));
    setText(this.who, muted.who);
    setText(this.stop, muted.note ? ': ' : '.');
    setText(this.note, muted.note);
  }
}
