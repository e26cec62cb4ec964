// The view as an address: read from the query, written back in the same form.

import { RANGES } from './strip.js';
import { fitQuery, STATES } from './words.js';

export const SIZES = [25, 50, 100];
// Sorted by the server over all connectors, or here over the page at hand.
export const SORTS = ['state', 'name', '-name', 'last_success', '-last_success', 'service_type',
  'indexed', 'deleted'];
export const WINDOW = 10000;         // the server lists so many: a page's place plus its size
// The periods of the fleet's view, in hours or days.
export const PERIODS = {
  '24h': { label: '24 hours', unit: 'hour', times: 24 },
  '7d': { label: '7 days', unit: 'hour', times: 168 },
  '30d': { label: '30 days', unit: 'day', times: 30 },
  '90d': { label: '90 days', unit: 'day', times: 90 },
};
// Which connectors it lists.
export const TOPS = { failures: { label: 'Most failures' }, documents: { label: 'Most documents' },
  slowest: { label: 'Slowest' } };
const DEFAULT_SIZE = 50;
const DEFAULT_RANGE = '24h';
const DEFAULT_PERIOD = '24h';
const DEFAULT_TOP = 'failures';

function names(text) {
  return (text ?? '').split(',').map((word) => word.trim()).filter(Boolean);
}

const oneOf = (choices, word, fallback) => (Object.hasOwn(choices, word ?? '') ? word : fallback);

function wholeNumber(text) {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
}

// { connector, states, type, query, sort, from, size, range } of connectors, { fleet, period, top, error }
// of the fleet; nonsense is replaced by the default.
export function readAddress(search = location.search) {
  const words = new URLSearchParams(search);
  const asked = wholeNumber(words.get('size'));
  const size = SIZES.includes(asked) ? asked : DEFAULT_SIZE;
  const sort = words.get('sort');
  return {
    connector: words.get('connector') || null,
    states: names(words.get('state')).filter((state) => Object.hasOwn(STATES, state)),
    type: (words.get('service_type') ?? '').trim(),
    query: fitQuery(words.get('query') ?? '').query,
    sort: SORTS.includes(sort) ? sort : 'state',
    from: Math.min(wholeNumber(words.get('from')), WINDOW - size),
    size,
    range: oneOf(RANGES, words.get('range'), DEFAULT_RANGE),
    fleet: words.get('view') === 'fleet',
    period: oneOf(PERIODS, words.get('period'), DEFAULT_PERIOD),
    top: oneOf(TOPS, words.get('top'), DEFAULT_TOP),
    error: words.get('error') ?? '',
  };
}

// The address of a view, relative to the page; defaults are left out.
export function addressOf(view) {
  const words = new URLSearchParams();
  if (view.fleet) words.set('view', 'fleet');
  if (view.connector) words.set('connector', view.connector);
  if (view.states.length) words.set('state', view.states.join(','));
  if (view.type) words.set('service_type', view.type);
  if (view.query) words.set('query', view.query);
  if (view.sort !== 'state') words.set('sort', view.sort);
  if (view.from) words.set('from', view.from);
  if (view.size !== DEFAULT_SIZE) words.set('size', view.size);
  if (view.range !== DEFAULT_RANGE) words.set('range', view.range);
  if (view.period !== DEFAULT_PERIOD) words.set('period', view.period);
  if (view.top !== DEFAULT_TOP) words.set('top', view.top);
  if (view.error) words.set('error', view.error);
  const text = words.toString().replaceAll('%2C', ',');
  return text ? `./?${text}` : './';
}

export const isFiltered = (view) => Boolean(view.states.length || view.type || view.query);
