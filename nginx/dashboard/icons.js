// The icons of states, on a grid of 16. Each has a shape of its own: colour alone says nothing.

import { draw } from './dom.js';

const RING = 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5z';

// Rows of [path, attributes of it].
const STROKE = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6,
  'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
const SOLID = { fill: 'currentColor' };
const KNOCKED_OUT = { ...STROKE, class: 'knocked-out', 'stroke-width': 1.8 };

const SHAPES = {
  failing: [['M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z', SOLID],
    ['M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8', KNOCKED_OUT]],
  lost: [['M8 1.2L15.3 14.2H.7z', SOLID], ['M8 6v3.6M8 11.9v.1', KNOCKED_OUT]],
  late: [[RING, STROKE], ['M8 4.4V8l2.5 1.7', STROKE]],
  never_synced: [[RING, { ...STROKE, 'stroke-dasharray': '2.2 2.7' }]],
  running: [['M13.6 6.2A6 6 0 0 0 2.6 5.4M2.4 9.8a6 6 0 0 0 11 .8', STROKE],
    ['M2.2 2.4v3.2h3.2M13.8 13.6v-3.2h-3.2', STROKE]],
  fresh: [[RING, STROKE], ['M5.2 8.2l2 2L10.9 6', STROKE]],
  disabled: [[RING, STROKE], ['M6.4 6v4M9.6 6v4', STROKE]],
};

export function icon(state) {
  const paths = SHAPES[state].map(([d, attributes]) => draw('path', { d, ...attributes }));
  const frame = { class: `icon ${state}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' };
  return draw('svg', frame, ...paths);
}

// Puts the icon of `state` into `node`, if another one is there.
export function setIcon(node, state) {
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  node.replaceChildren(icon(state));
}
