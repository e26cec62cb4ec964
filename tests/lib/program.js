// A program under test: started in a process group of its own, stoppable and restartable.
'use strict';

const fs = require('node:fs');
const { spawn } = require('node:child_process');
const { PATIENCE, until } = require('./until');

// The living processes of the machine as { pid, parent, group }: no threads, and no zombies, which
// stay for ever if the first process reaps no orphans.
function processes() {
  const found = [];
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let stat;
    try {
      stat = fs.readFileSync(`/proc/${name}/stat`, 'latin1');
    } catch {
      continue; // it has ended since the folder was read
    }
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') continue;
    found.push({ pid: Number(name), parent: Number(parent), group: Number(group) });
  }
  return found;
}

// A process and all that it began.
function family(pid, all = processes()) {
  const begun = all.filter(({ parent }) => parent === pid);
  return [pid, ...begun.flatMap((child) => family(child.pid, all))];
}

function commandLine(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return 'has ended';
  }
}

function groupLives(group) {
  return processes().some((process) => process.group === group);
}

function killGroup(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

class Program {
  // `command` gives [file, ...arguments] at each start, `ready` tells whether it serves, `watch`
  // and `unwatch` are called with the process group, `log` is the file for its output.
  constructor({ name, command, ready, watch, unwatch, log, environment }) {
    Object.assign(this, { name, command, ready, watch, unwatch, log, environment });
    this.child = null;
    this.exit = null;
  }

  get pid() {
    return this.child && this.exit === null ? this.child.pid : undefined;
  }

  // The living children, such as a pool's workers.
  children() {
    return processes().filter(({ parent }) => parent === this.pid).map(({ pid }) => pid);
  }

  output() {
    return fs.existsSync(this.log) ? fs.readFileSync(this.log, 'utf8') : '';
  }

  // Starts it and waits until `ready` holds; `{ wait: false }` only starts it.
  async start({ wait = true } = {}) {
    if (this.pid) throw new Error(`${this.name} is already running`);
    const [file, ...words] = this.command();
    const log = fs.openSync(this.log, 'a');
    this.exit = null;
    this.child = spawn(file, words, {
      detached: true,
      stdio: ['ignore', log, log],
      env: this.environment,
    });
    fs.closeSync(log);
    const { child } = this;
    child.on('error', (error) => { this.exit = { error }; });
    child.on('exit', (code, signal) => { this.exit = { code, signal }; });
    child.unref(); // a test that fails may end; the guardian ends what it leaves
    if (child.pid) this.watch(child.pid);
    if (wait) await this.untilReady();
  }

  async untilReady() {
    await until(async () => this.exit !== null || this.ready(), `${this.name} to serve`, PATIENCE)
      .catch((error) => { throw new Error(`${error.message}\n${this.output()}`); });
    if (this.exit === null) return;
    const how = this.exit.error ? this.exit.error.message : JSON.stringify(this.exit);
    throw new Error(`${this.name} ended at its start (${how}):\n${this.output()}`);
  }

  signal(name) {
    if (!this.pid) throw new Error(`${this.name} is not running`);
    process.kill(this.pid, name);
  }

  // Ends it with a signal and gives back { code, signal }; null when it does not run. Rejects when
  // it does not end, or leaves processes behind; they are killed in either case.
  async stop(signal = 'SIGTERM') {
    if (!this.child || !this.child.pid) return null;
    const group = this.child.pid;
    try {
      if (this.exit === null) this.signal(signal);
      await until(() => this.exit !== null, `${this.name} to end after ${signal}`, PATIENCE)
        .catch((error) => {
          const left = family(group).map((pid) => `${pid} ${commandLine(pid)}`);
          throw new Error([error.message, ...left, this.output().slice(-2000)].join('\n'));
        });
      await until(() => !groupLives(group), `the children of ${this.name} to end`, PATIENCE);
    } finally {
      killGroup(group);
      await until(() => this.exit !== null && !groupLives(group), `${this.name} to die`, PATIENCE);
      this.unwatch(group);
      this.child = null;
    }
    return this.exit;
  }
}

module.exports = { Program, family, processes };
