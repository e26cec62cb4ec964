// The alert rules: promtool reads them, and each alert fires when it should and is quiet otherwise.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { REPOSITORY } = require('../lib/stack');

const RULES = path.join(REPOSITORY, 'nginx', 'prometheus', 'lastsync.rules.yml');
const CASES = path.join(__dirname, 'lastsync.rules.test.yml');

function promtool(...words) {
  const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

test('the rules are well-formed', () => promtool('check', 'rules', RULES));

test('each alert fires, and is quiet', () => promtool('test', 'rules', CASES));

test('no alert is without cases, and each uses metrics that there are', () => {
  const rules = fs.readFileSync(RULES, 'utf8');
  const cases = fs.readFileSync(CASES, 'utf8');
  const table = fs.readFileSync(path.join(REPOSITORY, 'cgi', 'base', 'metrics.c'), 'utf8');
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  assert.ok(alerts.length > 0);
  for (const name of alerts) {
    assert.match(cases, new RegExp(`name: ${name} fires`));
    assert.match(cases, new RegExp(`name: ${name} is quiet`));
  }
  for (const [name] of rules.matchAll(/\blastsync_\w+/g)) {
    const family = name.replace(/_(total|bucket)$/, '');
    assert.ok(table.includes(`STR_ROW("${family}")`), name);
  }
});
