// The resources of processes: CPU time from schedstat, memory from smaps_rollup, its peak from
// status.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

// A thread or process may end in the meantime.
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

// A process's part of the memory, in MiB: shared memory is divided among its users.
function proportionalMemory(pid) {
  const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)[1]) / 1024;
}

// MiB of each process of { name: [pid, ...] }, the largest first.
function memory(groups) {
  return Object.fromEntries(Object.entries(groups).map(([name, pids]) =>
    [name, pids.map(proportionalMemory).sort((a, b) => b - a)]));
}

// Resets a process's peak of memory to its present size.
function forgetPeak(pid) {
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

// A process's peak of memory since then, in MiB; 0 if it has ended.
function peakMemory(pid) {
  const text = readOr('VmHWM: 0 kB', () => fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)[1]) / 1024;
}

module.exports = { cpuTimes, forgetPeak, memory, peakMemory };
