// The ports that tests take.
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { test } = require('node:test');
const { REPOSITORY } = require('../lib/stack');

// Processes that each take many ports, and keep them until all have.
const TAKER = `const { freePort } = require('${path.join(REPOSITORY, 'tests/lib/stack')}');
(async () => {
  const ports = [];
  for (let i = 0; i < 500; i++) ports.push(await freePort());
  console.log(ports.join(' '));
  process.stdin.resume().on('end', () => process.exit());
})();`;

test('no port is given twice, in a process or to several', async () => {
  const takers = [1, 2].map(() => promisify(execFile)(process.execPath, ['-e', TAKER]));
  const printed = takers.map(({ child }) => new Promise((resolve) => { child.stdout.once('data', resolve); }));
  await Promise.all(printed);
  for (const { child } of takers) child.stdin.end();
  const outputs = await Promise.all(takers);
  const ports = outputs.flatMap(({ stdout }) => stdout.trim().split(' '));
  assert.strictEqual(ports.length, 1000);
  assert.strictEqual(new Set(ports).size, 1000);
});
