// Prints how reporters fared beside their neighbours, and which goals were missed, as Markdown.
'use strict';

const { machine, rounded, table, tenths } = require('../tables');
const { REPORTERS } = require('./data');

const P99_TIMES_NOBODY = 3;
const P99_MILLISECONDS = 25; // if that is more
const WORKER_MEMORY_GOAL = 32;

const KIB = 1024;
const MIB = 1024 * KIB;

const p99Of = (results, key) => results.find((one) => one.key === key).result.reports.p99;

function p99Goal(results) {
  return Math.max(P99_TIMES_NOBODY * p99Of(results, 'nobody'), P99_MILLISECONDS);
}

// Each goal with its measure of one neighbour, and its limit.
const GOALS = [
  { what: 'reports that were refused or failed', of: ({ reports }) => reports.refused + reports.failed,
    most: () => 0 },
  { what: `p99 of reports, ms: ${P99_TIMES_NOBODY} times that beside nobody, or ${P99_MILLISECONDS}`,
    of: ({ reports }) => reports.p99, most: p99Goal },
  { what: 'largest worker, MiB', of: ({ peaks }) => peaks[0], most: () => WORKER_MEMORY_GOAL },
  { what: 'reads that are neither 200 nor refused in words', of: ({ reads }) => (reads ? reads.wrong : 0),
    most: () => 0 },
  { what: 'workers that ended', of: ({ ended }) => ended, most: () => 0 },
];

// The neighbour beside which it was worst.
function worst(results, of) {
  return results.map(({ title, result }) => ({ title, value: of(result) }))
    .reduce((one, other) => (other.value > one.value ? other : one));
}

// The neighbours beside which it is missed.
function missing({ of, most }, results) {
  const limit = most(results);
  return results.filter(({ result }) => of(result) > limit);
}

function missed(results) {
  return GOALS.some((goal) => missing(goal, results).length > 0);
}

function goalRow(goal, results) {
  const { title, value } = worst(results, goal.of);
  const most = goal.most(results);
  return [goal.what, rounded(value), value > 0 ? title : '-', most > 0 ? `<= ${rounded(most)}` : '0',
    `${missing(goal, results).length} of ${results.length}`];
}

// "2,140 x 200, 3 x 503"
function answersCell({ statuses }) {
  return Object.entries(statuses).map(([status, number]) => `${rounded(number)} x ${status}`).join(', ');
}

function sizeCell(bytes) {
  return bytes < MIB ? `${rounded(bytes / KIB)} KiB` : `${rounded(bytes / MIB)} MiB`;
}

function readCells(reads) {
  if (!reads) return ['-', '-', '-'];
  return [answersCell(reads), sizeCell(reads.largest), rounded(reads.time)];
}

function neighbourRow({ title, result }, results) {
  const { reports, reads, peaks } = result;
  return [title, rounded(reports.rate),
    [reports.p50, reports.p99, reports.longest].map(rounded).join(' / '),
    `${reports.refused} / ${reports.failed}`,
    tenths(reports.p99 / p99Of(results, 'nobody')), rounded(reports.anyMoment),
    ...readCells(reads), peaks.map(tenths).join(', ')];
}

const NEIGHBOUR_HEAD = ['Beside', 'reports per second', 'p50 / p99 / longest in ms', 'refused / failed',
  'p99 / nobody', 'p99 of one that comes at any moment, ms', 'answers to the neighbour', 'largest answer',
  'median ms', 'peak of each worker, MiB'];

// A line for each neighbour that was refused, with the reason.
function refusals(results) {
  return results.filter(({ result: { reads } }) => reads && reads.refused > 0)
    .map(({ title, result: { reads } }) =>
      `${title} was refused in words, ${reads.refused} times: ${reads.reason}\n\n`)
    .join('');
}

// The whole report of a run: its settings, and [{ key, title, result }].
function report({ rounds, seconds, sizes, results }) {
  return `${machine(['nginx', 'Redis', 'Node.js'])}. Medians of ${rounds} interleaved rounds of ${seconds} s, with `
    + `${REPORTERS} reporters; lists, overviews and metrics of ${sizes.listed} connectors, searches of ${sizes.searched}, `
    + `and ${sizes.large} with three texts of 1 MB.\n\n`
    + table(NEIGHBOUR_HEAD, results.map((one) => neighbourRow(one, results)))
    + refusals(results)
    + table(['Beside any neighbour', 'at worst', 'beside', 'goal', 'missed'],
      GOALS.map((goal) => goalRow(goal, results)));
}

// A result in one line, for the terminal.
function brief({ reports, reads, peaks }) {
  const read = reads ? `; ${answersCell(reads)}, median ${rounded(reads.time)} ms` : '';
  return `${rounded(reports.rate)} reports a second, p99 ${rounded(reports.p99)} ms, `
    + `${reports.refused + reports.failed} refused or failed${read}; workers ${peaks.map(tenths).join(', ')} MiB`;
}

module.exports = { brief, missed, report };
