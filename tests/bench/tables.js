// Prints the measurements as Markdown.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const { spawnSync } = require('node:child_process');
const { addCounts } = require('./numbers');
const { findPhp } = require('./stacks');

const GROUPS = ['nginx', 'app', 'Redis'];

// lastsync's goals, at 64 connections.
const GOALS_AT = 64;
const RATE_GOALS = { lua: 1.45, node: 1.4, php: 4.2, webdis: 0.95, 'webdis-nginx': 1.1 };
const CPU_GOALS = { lua: 0.62, webdis: 1 };
const HISTORY_GOALS = { plain: 0.88 };
const WATCHED_GOALS = { watched: 1.06 };
const CLUSTER_CPU_GOAL = 1.15;
const CLUSTER_SPREAD_GOAL = 1.1;
const BASELINE_RATE_GOAL = 1.12;
const BASELINE_CPU_GOAL = 0.88;
const WORKER_MEMORY_GOAL = 6;

const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

const rounded = (number) => THREE_DIGITS.format(number);
const tenths = (number) => number.toFixed(1);
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return `${line(head)}${line(rule)}${rows.map(line).join('')}\n`;
}

// The version in a program's output.
function version(pattern, command, ...words) {
  const { stdout = '', stderr = '' } = spawnSync(command, words, { encoding: 'utf8' });
  const found = pattern.exec(`${stdout}${stderr}`);
  return found ? found[1] : '(none)';
}

function systemName() {
  const found = /^PRETTY_NAME="(.*)"$/m.exec(fs.readFileSync('/etc/os-release', 'utf8'));
  return found ? found[1] : os.type();
}

const VERSIONS = {
  nginx: () => version(/nginx\/([\d.]+)/, 'nginx', '-v'),
  Redis: () => version(/v=([\d.]+)/, 'redis-server', '--version'),
  'Node.js': () => process.versions.node,
  PHP: () => version(/PHP ([\d.]+)/, findPhp() || 'php-fpm', '-v'),
  webdis: () => version(/^([\d.]+)/, 'dpkg-query', '-W', '-f', '${Version}', 'webdis'),
  wrk: () => version(/([\d.]+\d)/, 'wrk', '-v'),
};

// The machine, and the versions of the programs that took part.
function machine(programs = Object.keys(VERSIONS)) {
  const cores = os.cpus();
  const versions = programs.map((name) => `${name} ${VERSIONS[name]()}`).join(', ');
  return `${cores.length} cores (${cores[0].model.trim()}), Linux ${os.release()}, ${systemName()}, `
    + versions;
}

function cpuSum({ cpu }) {
  return sum(Object.values(cpu));
}

// "30.0 + 18.5 + 19.0 = 67.5", with a dash for a group that a stack does not have.
function cpuCell(result) {
  const parts = GROUPS.map((name) => (name in result.cpu ? tenths(result.cpu[name]) : '-'));
  return `${parts.join(' + ')} = ${tenths(cpuSum(result))}`;
}

// "3 refused, 1 noops", or nothing.
function failureText(failures) {
  const some = Object.entries(failures).filter(([, number]) => number > 0);
  return some.map(([kind, number]) => `${number} ${kind}`).join(', ');
}

// A result in one line, for the terminal.
function brief(result) {
  const { rate, p50, p99, failures } = result;
  return `${rounded(rate)} a second, p50 ${rounded(p50)} ms, p99 ${rounded(p99)} ms, `
    + `CPU ${cpuCell(result)} us ${failureText(failures)}`;
}

function speedTable(what, { kinds, connections, results }, cell) {
  return table([what, ...connections.map(String)], kinds.map(({ key, title }) =>
    [title, ...connections.map((number) => cell(results[key][number]))]));
}

// "3.1", or "2 of 3.1 - 3.3" for the processes of a group.
function memoryCell(sizes) {
  if (!sizes) return '-';
  const [most, least] = [tenths(sizes[0]), tenths(sizes[sizes.length - 1])];
  const range = most === least ? most : `${least} - ${most}`;
  return sizes.length === 1 ? range : `${sizes.length} of ${range}`;
}

function aloneTable({ kinds, alone }) {
  const head = ['Each alone', 'answers per connection', 'longest wait, ms',
    ...GROUPS.map((name) => `${name}, MiB`), 'all, MiB'];
  return table(head, kinds.filter(({ key }) => alone[key]).map(({ key, title }) => {
    const { counts, memory } = alone[key];
    return [title, `${counts.least} - ${counts.most}`, Math.round(counts.longest),
      ...GROUPS.map((name) => memoryCell(memory[name])), tenths(sum(Object.values(memory).flat()))];
  }));
}

function peerRows({ kinds, results }, ours, goals, row) {
  return kinds.filter(({ key }) => key in goals)
    .map(({ key, title }) => row(title, results[key][GOALS_AT], goals[key]));
}

// The comparison with another commit, if one was measured.
function baselineRows({ results }, ours) {
  if (!results.baseline) return [];
  const theirs = results.baseline[GOALS_AT];
  return [
    ['requests per second / baseline', (ours.rate / theirs.rate).toFixed(2), `>= ${BASELINE_RATE_GOAL}`],
    ['CPU time per report / baseline', (cpuSum(ours) / cpuSum(theirs)).toFixed(2), `<= ${BASELINE_CPU_GOAL}`],
  ];
}

// The cost of three nodes compared with one, and whether they share the reports.
function clusterRows({ results }, ours) {
  if (!results.cluster) return [];
  const theirs = results.cluster[GOALS_AT];
  return [
    ['CPU time per report, cluster of 3 / one Redis', (cpuSum(theirs) / cpuSum(ours)).toFixed(2), `<= ${CLUSTER_CPU_GOAL}`],
    ['reports of the busiest of 3 nodes / mean', theirs.spread.toFixed(2), `<= ${CLUSTER_SPREAD_GOAL}`],
  ];
}

function goalTable(measured) {
  const ours = measured.results.lastsync && measured.results.lastsync[GOALS_AT];
  if (!ours) return '';
  const { counts, memory } = measured.alone.lastsync;
  return table([`lastsync, at ${GOALS_AT} connections`, 'measured', 'goal'], [
    ...baselineRows(measured, ours),
    ...peerRows(measured, ours, RATE_GOALS, (title, peer, goal) =>
      [`requests per second / ${title}`, (ours.rate / peer.rate).toFixed(2), `>= ${goal}`]),
    ...peerRows(measured, ours, RATE_GOALS, (title, peer) =>
      [`p99 / ${title}`, (ours.p99 / peer.p99).toFixed(2), '< 1']),
    ...peerRows(measured, ours, CPU_GOALS, (title, peer, goal) =>
      [`CPU time per request / ${title}`, (cpuSum(ours) / cpuSum(peer)).toFixed(2), `<= ${goal}`]),
    ...peerRows(measured, ours, HISTORY_GOALS, (title, plain, goal) =>
      ['requests per second with history / without', (ours.rate / plain.rate).toFixed(2), `>= ${goal}`]),
    ...peerRows(measured, ours, WATCHED_GOALS, (title, watched, goal) =>
      ['CPU time per report with counts and events / without', (cpuSum(watched) / cpuSum(ours)).toFixed(2), `<= ${goal}`]),
    ...clusterRows(measured, ours),
    ['largest lastsync process, MiB', tenths(memory.app[0]), `<= ${WORKER_MEMORY_GOAL}`],
    ['answers of the slowest connection / of the fastest', (counts.least / counts.most).toFixed(2), '> 0'],
  ]);
}

function endpointTable({ endpoints }) {
  if (endpoints.length === 0) return '';
  return `\n${table([`Other endpoints, lastsync alone, ${GOALS_AT} connections`, 'requests per second',
    'p50 / p99 in ms', 'CPU us: nginx + application + Redis', 'failures'],
  endpoints.map(({ title, result }) => [title, rounded(result.rate),
    `${rounded(result.p50)} / ${rounded(result.p99)}`, cpuCell(result), failureText(result.failures) || '0']))}`;
}

// The failures in all measurements of a stack, as text.
function failuresOf(byConnections) {
  return failureText(addCounts(Object.values(byConnections).map(({ failures }) => failures)));
}

function anyFailure(results) {
  return Object.values(results).some((byConnections) => failuresOf(byConnections) !== '');
}

const BASELINE_NOTE = ' Of the baseline, whose keys may be others, only the fields were looked at, and its own '
  + '`lastsync check` found nothing.';

function failureLine({ kinds, results }) {
  if (!anyFailure(results)) {
    return 'No request failed, and each one wrote ten new values. Afterwards, as far as that is the job of a '
      + 'row above the limits, every connector held all of one report, its history ended with the latest syncs, '
      + `and \`lastsync check\` found nothing to mend.${results.baseline ? BASELINE_NOTE : ''}\n`;
  }
  const list = kinds.map(({ key, title }) => [title, failuresOf(results[key])]).filter(([, text]) => text);
  return `Failures: ${list.map(([title, text]) => `${title} ${text}`).join('; ')}.\n`;
}

// The whole report of a run: its settings, `results` by key and connections, `alone` by key, and the
// results of `endpoints`, each { title, result }.
function report(measured) {
  const { rounds, seconds } = measured;
  return `${machine()}. Medians of ${rounds} interleaved rounds of ${seconds} s; wrk with one thread on `
    + 'the same cores. AOF everysec; two processes of nginx and of the application.\n\n'
    + speedTable('Requests per second, by connections', measured, ({ rate }) => rounded(rate))
    + speedTable('p50 / p99 in ms', measured, ({ p50, p99 }) => `${rounded(p50)} / ${rounded(p99)}`)
    + speedTable('CPU us per request: nginx + application + Redis', measured, cpuCell)
    + aloneTable(measured)
    + goalTable(measured)
    + failureLine(measured)
    + endpointTable(measured);
}

module.exports = { GOALS_AT, anyFailure, brief, failureText, machine, report, rounded, table, tenths };
