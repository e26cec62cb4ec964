// The text cases, unchanged, through nginx, the workers and Redis.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { startStack, until, BUILD } = require('../lib/stack');

const run = promisify(execFile);

// From 1.23 on nginx joins repeated headers into one, and no server behind it can tell.
async function joinsRepeatedHeaders() {
  const { stderr } = await run('nginx', ['-v']);
  const [, major, minor] = /nginx\/(\d+)\.(\d+)/.exec(stderr).map(Number);
  return major > 1 || minor >= 23;
}

function caseFiles(folder) {
  return fs.readdirSync(path.join(__dirname, folder))
    .filter((name) => name.endsWith('.case'))
    .sort()
    .map((name) => path.join(__dirname, folder, name));
}

// The deadline is long: the cases are about answers, and the disk that Redis writes to may be a busy one.
const options = ['--deadline', '4000'];
const kinds = { 'one shard': { shards: 1 }, '16 shards': { shards: 16 }, 'a Redis Cluster': { cluster: true } };

for (const [kind, store] of Object.entries(kinds)) {
  test(`text cases through nginx: ${kind}`, async (t) => {
    let files = [...caseFiles('pure'), ...caseFiles('stored')];
    if (await joinsRepeatedHeaders()) {
      files = files.filter((name) => path.basename(name) !== 'repeated-headers.case');
      t.diagnostic('this nginx joins repeated headers: repeated-headers.case runs in process only');
    }
    const stack = await startStack({ options, ...store });
    t.after(() => stack.stop());
    await until(async () => await stack.redisCommand('HGET', 'lastsync:schema', 'shards') === String(stack.shards),
      `data in shards: ${stack.shards}`);
    const servers = ['--http', `127.0.0.1:${stack.port}`, '--redis', `unix:${stack.redisSocket}`];
    const { code = 0, signal, stdout, stderr } = await run(path.join(BUILD, 'tests', 'runner'),
      [...servers, ...files], { maxBuffer: 1 << 26 })
      .catch((error) => error);
    assert.strictEqual(code, 0, `${stdout}${stderr}${signal || ''}`);
    t.diagnostic(stdout.trimEnd().split('\n').pop());
  });
}
