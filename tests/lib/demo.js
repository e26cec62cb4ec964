// nginx/demo as a user starts it, on a free port.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Program } = require('./program');
const { BUILD, REPOSITORY, freePort } = require('./stack');

const DEMO = path.join(REPOSITORY, 'nginx', 'demo');
const READY = /\d+ made-up connectors report now\./;

// Its output goes into `folder`, and so does its state, unless `state` is given. Gives
// { demo, port }; demo.start() waits until all connectors have a past.
async function prepareDemo(folder, state = path.join(folder, 'state')) {
  const port = await freePort();
  const log = path.join(folder, `output-${port}`);
  const environment = { ...process.env, BUILD, PORT: String(port), STATE: state };
  delete environment.REDIS_URL;
  const demo = new Program({ name: 'demo', log, environment, watch() {}, unwatch() {},
    command: () => ['setpriv', '--pdeathsig', 'TERM', DEMO],
    ready: () => READY.test(fs.readFileSync(log, 'utf8')) });
  return { demo, port };
}

module.exports = { prepareDemo };
