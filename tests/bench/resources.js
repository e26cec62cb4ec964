// What processes use: CPU time from schedstat, memory from smaps_rollup, its peak from status.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

// A thread or process may end while it is looked at.
function readOr(fallback, read) {
  try {
    return read();
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    return fallback;
  }
}

// Nanoseconds that the kernel has run the threads of a process.
function cpuTime(pid) {
  const folder = `/proc/${pid}/task`;
  return readOr([], () => fs.readdirSync(folder)).reduce((sum, thread) => {
    const text = readOr('0', () => fs.readFileSync(path.join(folder, thread, 'schedstat'), 'utf8'));
    return sum + Number(text.split(' ')[0]);
  }, 0);
}

// Nanoseconds for each group of { name: [pid, ...] }.
function cpuTimes(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, pids]) =>
    [name, pids.reduce((sum, pid) => sum + cpuTime(pid), 0)]));
}

// The share of memory that is a process's own, in MiB: what is shared counts in parts.
function proportionalMemory(pid) {
  const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)[1]) / 1024;
}

// MiB of each process of { name: [pid, ...] }, the largest first.
function memory(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, pids]) =>
    [name, pids.map(proportionalMemory).sort((a, b) => b - a)]));
}

// Begins a process's peak of memory anew, at what it has now.
function forgetPeak(pid) {
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

// The most that a process had in memory since then, in MiB; 0 where it has ended.
function peakMemory(pid) {
  const text = readOr('VmHWM: 0 kB', () => fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)[1]) / 1024;
}

module.exports = { cpuTimes, forgetPeak, memory, peakMemory };
