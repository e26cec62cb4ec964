// The faults that the nemesis makes in a running service, one after the other.
'use strict';

const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const { request } = require('../lib/raw');
const { Redis } = require('../lib/redis');
const { pause, until } = require('../lib/until');
const { CLOCK } = require('./clients');

const HOUR = 3600;
const ROOM = 4096; // bytes that a full disk has left

// A stopped process goes on after at most so many milliseconds: nginx gives a request up after five seconds, and the
// process may still carry it out when it goes on.
const LONGEST = 3000;

async function command(nemesis, ...words) {
  const redis = await Redis.connect(nemesis.stack.redisSocket);
  try {
    return await redis.command(...words);
  } finally {
    redis.close();
  }
}

const setting = (name, bad, good) => async (nemesis) => {
  await command(nemesis, 'CONFIG', 'SET', name, bad);
  await nemesis.while(100, 800);
  await command(nemesis, 'CONFIG', 'SET', name, good);
};

// Stops processes for a while, as an overloaded machine does.
const standstill = (pidsOf) => async (nemesis) => {
  const pids = await pidsOf(nemesis);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await nemesis.while(100, LONGEST);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
};

const relayed = (name, value, good, from, to) => async ({ relay, while: wait }) => {
  relay[name] = value;
  await wait(from, to);
  relay[name] = good;
};

// Some commands are held while later ones pass: so a command that was given up arrives after its successors.
async function holdCommands(nemesis) {
  for (let i = 0; i < 4; i++) {
    await relayed('hold', 1500, 0, 50, 300)(nemesis);
    await nemesis.while(300, 800);
  }
}

async function restart(program, signal) {
  await program.stop(signal).catch((error) => {
    if (!/to end after/.test(error.message)) throw error;
  });
  await program.start();
}

// With its workers, which would outlive it.
async function killNginx(nginx) {
  process.kill(-nginx.pid, 'SIGKILL');
  await restart(nginx, 'SIGKILL');
}

// Redis's files can grow no more; it is told so, and may end itself.
async function fillDisk({ stack, while: wait }) {
  const { pid } = stack.redis;
  const data = `${stack.directory}/redis/appendonlydir`;
  const sizes = fs.readdirSync(data).map((file) => fs.statSync(`${data}/${file}`).size);
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${Math.max(...sizes) + ROOM}:unlimited`]);
  await wait(200, 1000);
  if (stack.redis.pid === pid) execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited']);
  await pause(50); // it may be ending
  if (!stack.redis.pid) await restart(stack.redis, 'SIGKILL');
}

// The workers' clock is ahead or behind, and then right again. A check-in shows that. The connector's sync has begun by
// the wrong clock.
const jump = (seconds) => async ({ clock, stack, while: wait }) => {
  const isAhead = async (wanted) => {
    if ((await request(stack, 'PUT', `/_connector/${CLOCK}/_check_in`)).status !== 200) return false;
    const { last_seen: seen } = (await request(stack, 'GET', `/_connector/${CLOCK}`)).json;
    return Math.abs((Date.parse(seen) - Date.now()) / 1000 - wanted) < HOUR / 2;
  };
  for (const wanted of [seconds, 0]) {
    fs.writeFileSync(`${clock}.new`, `${wanted < 0 ? '-' : '+'}${Math.abs(wanted)}`);
    fs.renameSync(`${clock}.new`, clock); // libfaketime ends a process that finds the file empty
    await until(() => isAhead(wanted), `the clock to be ${wanted} s ahead`);
    if (wanted) await request(stack, 'PUT', `/_connector/${CLOCK}/_last_sync`, { body: { last_sync_status: 'in_progress', last_sync_error: String(wanted + Date.now()) } });
    await wait(200, 1000);
  }
};

async function workersOf({ stack }) {
  await until(() => stack.lastsync.children().length, 'a worker');
  return stack.lastsync.children();
}

const oneOf = (pidsOf) => async (nemesis) => [nemesis.pick(await pidsOf(nemesis))];
const kill = (pidsOf) => async (nemesis) => {
  for (const pid of await pidsOf(nemesis)) process.kill(pid, 'SIGKILL');
};

async function forgetScripts(nemesis) {
  for (let i = 0; i < 10; i++) {
    await command(nemesis, 'SCRIPT', 'FLUSH');
    await nemesis.while(10, 50);
  }
}

const readOnly = async (nemesis) => {
  await command(nemesis, 'REPLICAOF', '127.0.0.1', '1');
  await nemesis.while(100, 800);
  await command(nemesis, 'REPLICAOF', 'NO', 'ONE');
};

// `unnoticed`: no request may fail meanwhile. `ends`: a process ends, so that its memory and files begin anew.
const FAULTS = {
  'a worker is killed': { run: kill(oneOf(workersOf)), ends: true },
  'all workers are killed': { run: kill(workersOf), ends: true },
  'the pool is killed': { run: ({ stack }) => restart(stack.lastsync, 'SIGKILL'), ends: true },
  'the pool is ended': { run: ({ stack }) => restart(stack.lastsync, 'SIGTERM'), ends: true },
  'Redis is killed': { run: ({ stack }) => restart(stack.redis, 'SIGKILL'), ends: true },
  'Redis is ended': { run: ({ stack }) => restart(stack.redis, 'SIGTERM'), ends: true },
  'nginx is killed': { run: ({ stack }) => killNginx(stack.nginx), ends: true, silent: true },
  'a worker stands still': { run: standstill(oneOf(workersOf)) },
  'the pool stands still': { run: standstill(({ stack }) => [stack.lastsync.pid]), unnoticed: true },
  'Redis stands still': { run: standstill(({ stack }) => [stack.redis.pid]) },
  'nginx stands still': { run: standstill(({ stack }) => stack.nginx.children()) },
  'SIGHUP': { run: async ({ stack, while: wait }) => { stack.lastsync.signal('SIGHUP'); await wait(200, 800); }, unnoticed: true, ends: true },
  'nginx is reloaded': { run: async ({ stack, while: wait }) => { stack.nginx.signal('SIGHUP'); await wait(200, 800); }, silent: true },
  'Redis drops its clients': { run: (nemesis) => command(nemesis, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes') },
  'Redis forgets the scripts': { run: forgetScripts, unnoticed: true },
  'Redis is out of memory': { run: setting('maxmemory', '1', '0') },
  'Redis misses its replicas': { run: setting('min-replicas-to-write', '1', '0') },
  'Redis is read-only': { run: readOnly },
  'the disk is full': { run: fillDisk, ends: true },
  'the network delays': { run: relayed('delay', 100, 0, 500, 1500) },
  'replies come too late': { run: relayed('delay', 1500, 0, 500, 2000) },
  'commands come too late': { run: holdCommands },
  'connections are cut in a command': { run: relayed('cut', 'commands', null, 20, 200) },
  'connections are cut in a reply': { run: relayed('cut', 'replies', null, 20, 200) },
  'the clock is a day ahead': { run: jump(24 * HOUR), unnoticed: true },
  'the clock is an hour behind': { run: jump(-HOUR), unnoticed: true },
};

module.exports = { FAULTS };
