// What the page shows, as its address: read from the query, written back in the same form.

import { RANGES } from './strip.js';
import { STATES } from './words.js';

export const SIZES = [25, 50, 100];
// Sorted by the server over all connectors, or here over the page at hand.
export const SORTS = ['state', 'name', '-name', 'last_success', '-last_success', 'service_type',
  'indexed', 'deleted'];
export const WINDOW = 10000;         // the server lists so many, place and size of a page together
const DEFAULT_SIZE = 50;
const DEFAULT_RANGE = '24h';

function names(text) {
  return (text ?? '').split(',').map((word) => word.trim()).filter(Boolean);
}

function wholeNumber(text) {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
}

// { connector, states, type, query, sort, from, size, range }; whatever makes no sense has its default.
export function readAddress(search = location.search) {
  const words = new URLSearchParams(search);
  const size = wholeNumber(words.get('size'));
  const sort = words.get('sort');
  return {
    connector: words.get('connector') || null,
    states: names(words.get('state')).filter((state) => Object.hasOwn(STATES, state)),
    type: (words.get('service_type') ?? '').trim(),
    query: words.get('query') ?? '',
    sort: SORTS.includes(sort) ? sort : 'state',
    from: Math.min(wholeNumber(words.get('from')), WINDOW - SIZES.at(-1)),
    size: SIZES.includes(size) ? size : DEFAULT_SIZE,
    range: Object.hasOwn(RANGES, words.get('range') ?? '') ? words.get('range') : DEFAULT_RANGE,
  };
}

// The address of a view, relative to the page; what has its default is left out.
export function addressOf(view) {
  const words = new URLSearchParams();
  if (view.connector) words.set('connector', view.connector);
  if (view.states.length) words.set('state', view.states.join(','));
  if (view.type) words.set('service_type', view.type);
  if (view.query) words.set('query', view.query);
  if (view.sort !== 'state') words.set('sort', view.sort);
  if (view.from) words.set('from', view.from);
  if (view.size !== DEFAULT_SIZE) words.set('size', view.size);
  if (view.range !== DEFAULT_RANGE) words.set('range', view.range);
  const text = words.toString().replaceAll('%2C', ',');
  return text ? `./?${text}` : './';
}

export const isFiltered = (view) => Boolean(view.states.length || view.type || view.query);
