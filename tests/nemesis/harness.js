// The whole harness: a service, random clients, a nemesis, and the checks while they run and afterwards.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { percentile } = require('../bench/numbers');
const { dice, fields } = require('../clients/clients');
const { allConnected, assertUnavailable } = require('../fault/common');
const { RedisRelay } = require('../fault/relay');
const { historyFaults } = require('../lib/checker');
const { startCommand } = require('../lib/command');
const { Redis } = require('../lib/redis');
const { request } = require('../lib/raw');
const { connectorKey } = require('../lib/shards');
const { startStack } = require('../lib/stack');
const { pause, until } = require('../lib/until');
const { IDS, KINDS, PLAIN, World, valuesOf } = require('./clients');
const { FAULTS } = require('./faults');
const { momentFaults, readStore } = require('./moment');

const RECOVERY = 10000; // milliseconds from the end of a fault until every reporter has been served
const LONGEST_WAIT = 8000; // milliseconds that an answer may take: nginx's five seconds, plus room for a busy machine
const LOOK = 30; // milliseconds between two looks at the store
const MOST_SHOWN = 12; // faults that are shown of each check
const LONGEST_LINE = 500; // characters of a shown fault

// By this path the loader finds it on each machine. Only the workers' clock is made wrong.
const LIBFAKETIME = '/usr/$LIB/faketime/libfaketime.so.1';

// A Redis that is told of a full disk, instead of being killed for it.
const WITHIN = ['bash', '-c', 'trap "" XFSZ; exec "$0" "$@"'];

class Harness {
  static async open({ seed, shards, program }) {
    const harness = new Harness();
    const clock = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-clock-')), 'clock');
    fs.writeFileSync(clock, '+0');
    const stack = await startStack({ appendfsync: 'always', shards: String(shards), redisWithin: WITHIN, program,
      options: ['--history', '10000'], environment: { LD_PRELOAD: LIBFAKETIME, FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
    Object.assign(harness, { shards, clock, stack, agent: new http.Agent({ keepAlive: true }), silent: false });
    harness.relay = await RedisRelay.before(stack, 0);
    await harness.begin(seed).catch(async (error) => {
      await harness.close();
      throw error;
    });
    return harness;
  }

  // Another round of the same service, with an empty store: from now on all observations are of this round.
  async begin(seed) {
    const roll = dice(seed);
    Object.assign(this, { seed, roll, moments: [], looks: 0, met: [], slow: [] });
    this.pick = (list) => list[roll(list.length)];
    this.while = (from, to) => pause(from + roll(to - from));
    this.world = new World(dice(seed + 1), (...words) => this.#call(...words));
    await this.world.prepare();
  }

  // One request of a client. A bad answer, to any request, is a fault.
  async #call(method, target, body) {
    let answer;
    try {
      answer = await request(this.stack, method, target, { body, agent: this.agent });
    } catch (error) {
      return { status: 0, fault: this.silent ? undefined : `no answer: ${error.message}` };
    }
    const { status, text } = answer;
    try {
      if (status === 503) assertUnavailable(answer);
      return { status, json: /json/.test(answer.headers['content-type']) ? answer.json : undefined };
    } catch {
      return { status, fault: `${status} of another form: ${text.slice(0, 300)}` };
    }
  }

  // Looks at the store until it is told to stop; skips a Redis that does not answer.
  async #watch() {
    let redis;
    while (!this.world.over) {
      let store;
      try {
        redis ||= await Redis.connect(this.stack.redisSocket);
        store = await readStore(redis);
      } catch {
        redis?.close();
        redis = undefined;
      }
      if (store) {
        this.looks += 1;
        if (this.moments.length < MOST_SHOWN) this.moments.push(...momentFaults(store, this.shards));
      }
      await pause(LOOK);
    }
    redis?.close();
  }

  // Runs the clients for so many seconds, and meanwhile the faults in their order, over and over.
  async run(seconds, names) {
    const { world } = this;
    const end = Date.now() + seconds * 1000;
    world.start();
    const watching = this.#watch();
    try {
      await this.#recovered('the start');
      for (let i = 0; Date.now() < end; i++) await this.#meet(names[i % names.length]);
    } finally {
      await Promise.all([world.stop(), watching]);
    }
  }

  async #meet(name) {
    const { run, unnoticed, silent } = FAULTS[name];
    const began = performance.now();
    this.silent = Boolean(silent);
    await run(this);
    await this.#recovered(name);
    this.silent = false;
    this.met.push(name);
    const refused = this.world.refused.filter((one) => one.began >= began);
    if (unnoticed && refused.length) {
      this.slow.push(`${name}: ${refused.length} requests were refused, such as ${refused.slice(0, 3).map(({ what }) => what).join(', ')}`);
    }
  }

  async #recovered(name) {
    const moment = performance.now();
    const isOver = async () => this.world.servedSince(moment) && this.world.answeredUntil(moment) && this.relay.isQuiet()
      && await allConnected(this.stack);
    await until(isOver, `all to be served after: ${name}`, RECOVERY)
      .catch((error) => this.slow.push(error.message));
    await this.while(50, 200);
  }

  // The entries of a history as objects, the oldest first.
  async #historyOf(id) {
    const entries = await this.stack.redisCommand('XRANGE', `${connectorKey(id, this.shards)}:syncs`, '-', '+');
    return entries.map(([, words]) => fields(words));
  }

  async #read(target) {
    return until(async () => {
      const { status, json } = await request(this.stack, 'GET', target);
      return status !== 503 && json;
    }, `an answer to ${target}`);
  }

  // Counts and histories: those of each reporter, and of all.
  async #historyFaults() {
    const faults = [];
    const days = [-2, 2].map((day) => new Date(Date.now() + day * 86400000).toISOString().slice(0, 10));
    const span = `from=${days[0]}&to=${days[1]}&filter_path=total`;
    const all = [];
    for (const { id, attempts, numberOf } of this.world.reporters) {
      const history = await this.#historyOf(id);
      const content = history.filter(({ kind }) => kind === 'content');
      const access = history.filter(({ kind }) => kind === 'access_control');
      faults.push(...historyFaults(`history of ${id}`, attempts, content.map(numberOf)),
        ...historyFaults(`access control of ${id}`, attempts.filter(({ both }) => both), access.map(numberOf)));
      const shown = (await this.#read(`/_connector/${id}`)).last_indexed_document_count;
      const last = content.at(-1)?.indexed;
      if (content.length && String(shown) !== last) faults.push(`history of ${id} ends with ${last}, and ${shown} is shown`);
      faults.push(...countFaults(`counts of ${id}`, history, (await this.#read(`/_lastsync/connector/${id}/days?${span}`)).total));
      all.push(...history);
    }
    return [...faults, ...countFaults('counts of all', all, (await this.#read(`/_lastsync/analytics?${span}`)).total)];
  }

  async #checkFaults() {
    const { code, stdout, stderr } = await startCommand(['check', '--redis', `unix:${this.stack.redisSocket}`]).ended;
    return code === 0 ? [] : [`lastsync check ends with ${code}: ${stdout.trim()} ${stderr.trim()}`];
  }

  async #restart() {
    await this.stack.lastsync.stop();
    await this.stack.lastsync.start();
  }

  // The faults by check, each a list of sentences. First `settle` lets the pool finish all that it has begun, by
  // default by ending it in order.
  async judge(settle = () => this.#restart()) {
    const { stack, world, relay } = this;
    Object.assign(relay, { delay: 0, hold: 0, cut: null });
    await until(() => relay.isQuiet(), 'the relay to be quiet');
    await settle();
    for (const id of IDS) await world.registers.read(async () => {
      const json = await this.#read(`/_connector/${id}`);
      return { status: 200, values: valuesOf(id, PLAIN, json) };
    });
    for (const id of IDS) for (const kind of Object.keys(KINDS).filter((one) => KINDS[one].read)) await world.registers.read(async () =>
      ({ status: 200, values: valuesOf(id, [kind], await this.#read(KINDS[kind].read(id))) }));
    const redis = await Redis.connect(stack.redisSocket);
    const end = momentFaults(await readStore(redis), this.shards);
    redis.close();
    const longest = world.waits.reduce((most, wait) => Math.max(most, wait), 0);
    const unreadable = (error) => [`an answer lacks what it must have: ${error.stack}`];
    return {
      registers: world.registers.faults(),
      history: await this.#historyFaults().catch(unreadable),
      moments: [...this.moments, ...end],
      answers: world.strange,
      service: [...this.slow, ...(longest > LONGEST_WAIT ? [`an answer took ${Math.round(longest)} ms`] : []),
        ...(this.looks && this.met.length ? [] : ['nothing was looked at, or no fault met'])],
      check: await this.#checkFaults(),
    };
  }

  // A sentence on what the run did.
  get summary() {
    const { world } = this;
    const milliseconds = (share) => percentile(world.waits, share).toFixed(1);
    return `seed ${this.seed}, ${this.shards} shards: ${world.calls} requests, ${world.refused.length} refused, `
      + `${world.registers.acknowledged} writes of registers and ${world.reporters.flatMap(({ attempts }) => attempts).filter(({ status }) => status === 200).length} `
      + `ends of syncs acknowledged, ${this.looks} looks, ${this.met.length} faults; p50 ${milliseconds(0.5)} ms, p99 ${milliseconds(0.99)} ms`;
  }

  async close() {
    this.agent.destroy();
    await this.stack.stop();
    this.relay.close();
    fs.rmSync(path.dirname(this.clock), { recursive: true });
  }
}

// The counts that follow from a history: each of its syncs, once.
function countFaults(name, history, total) {
  const wanted = {};
  const add = (what, number) => { wanted[what] = (wanted[what] || 0) + number; };
  for (const { kind, status, indexed, deleted } of history) {
    add(`${kind} ${{ completed: 'completed', error: 'failed' }[status] || 'canceled'}`, 1);
    if (kind === 'content') {
      add('indexed', Math.max(0, Number(indexed)));
      add('deleted', Math.max(0, Number(deleted)));
    }
  }
  const counted = { indexed: total.indexed_document_count, deleted: total.deleted_document_count };
  for (const kind of ['content', 'access_control']) {
    for (const what of ['completed', 'failed', 'canceled']) counted[`${kind} ${what}`] = total[kind][what];
  }
  return Object.keys(counted).filter((what) => counted[what] !== (wanted[what] || 0))
    .map((what) => `${name} say ${counted[what]} ${what}, and the history has ${wanted[what] || 0}`);
}

// The names of faults, shuffled.
function shuffled(names, roll) {
  return names.map((name) => [roll(1 << 20), name]).sort(([a], [b]) => a - b).map(([, name]) => name);
}

// The faults found, a line each: the check and the fault. At most MOST_SHOWN of each check.
function lines(checks) {
  return Object.entries(checks).flatMap(([check, faults]) =>
    faults.slice(0, MOST_SHOWN).map((fault) => `${check}: ${fault.slice(0, LONGEST_LINE)}`)).join('\n');
}

module.exports = { Harness, lines, shuffled };
