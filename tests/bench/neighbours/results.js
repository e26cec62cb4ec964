// Makes one result of those of several rounds.
'use strict';

const { addCounts, median } = require('../numbers');

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const isClass = (status, first) => status.length === 3 && status[0] === first;

// How many of { status: number } have a status for which `holds`.
function countOf(statuses, holds) {
  return sum(Object.entries(statuses).filter(([status]) => holds(status)).map(([, number]) => number));
}

// Medians of the reporters' rounds, and the sum of their answers.
function combinedReports(list) {
  const statuses = addCounts(list.map((reports) => reports.statuses));
  return {
    rate: median(list.map(({ rate }) => rate)),
    p50: median(list.map(({ p50 }) => p50)),
    p99: median(list.map(({ p99 }) => p99)),
    anyMoment: median(list.map(({ anyMoment }) => anyMoment)),
    longest: Math.max(...list.map(({ longest }) => longest)),
    refused: countOf(statuses, (status) => isClass(status, '4')),
    failed: countOf(statuses, (status) => !isClass(status, '2') && !isClass(status, '4')),
  };
}

// Medians of the neighbour's rounds; undefined if there was none. `wrong` counts answers neither 200 nor refused in
// words.
function combinedReads(list) {
  if (!list[0]) return undefined;
  const statuses = addCounts(list.map((reads) => reads.statuses));
  const refused = sum(list.map((reads) => reads.refused));
  return {
    statuses,
    refused,
    reason: list.map(({ reason }) => reason).find(Boolean),
    wrong: countOf(statuses, (status) => status !== '200') - refused,
    largest: Math.max(...list.map(({ largest }) => largest)),
    time: median(list.map(({ time }) => time)),
  };
}

function combined(rounds) {
  return {
    reports: combinedReports(rounds.map(({ reports }) => reports)),
    reads: combinedReads(rounds.map(({ reads }) => reads)),
    peaks: rounds[0].peaks.map((_, i) => Math.max(...rounds.map(({ peaks }) => peaks[i]))),
    ended: sum(rounds.map(({ ended }) => ended)),
  };
}

module.exports = { combined };
