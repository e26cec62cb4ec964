// lastsync notify tells a real Alertmanager.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { freePort } = require('../lib/stack');
const { until } = require('../lib/until');
const { create, report, startCommand, withTargets, writeTargets } = require('./targets');

// By this path the loader finds it on each machine.
const LIBFAKETIME = '/usr/$LIB/faketime/libfaketime.so.1';

// Alertmanager, lastsync notify, whose clock may be another one by `offset`, and `alerts()`, which gives the alerts that
// fire.
async function withAlertmanager(t, offset = '+0s') {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const within = ['env', `LD_PRELOAD=${LIBFAKETIME}`, `FAKETIME=${offset}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
  const { stack } = await withTargets(t, { type: 'alertmanager', url }, { within });
  const settings = path.join(stack.directory, 'alertmanager.yml');
  fs.writeFileSync(settings, 'route:\n  receiver: nobody\nreceivers:\n- name: nobody\n');
  const alerts = async () => (await fetch(`${url}/api/v2/alerts`)).json();
  const alertmanager = stack.program('alertmanager', () => ['prometheus-alertmanager', `--config.file=${settings}`,
    `--storage.path=${path.join(stack.directory, 'alertmanager')}`, `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address='], () => alerts().then(() => true, () => false));
  await alertmanager.start();
  t.after(() => alertmanager.stop());
  return { stack, url, alerts };
}

for (const offset of ['+0s', '+30s', '-30s']) {
  test(`Alertmanager fires, and no longer once the connector is well: a clock that is off by ${offset}`, async (t) => {
    const { stack, alerts } = await withAlertmanager(t, offset);
    await create(stack, 'a');
    for (const time of ['first', 'second']) {
      await report(stack, 'a', 'error', `the ${time}`);
      await until(async () => (await alerts()).length === 1, `the ${time} alert`);
      const [{ labels, annotations }] = await alerts();
      assert.deepEqual(labels, { alertname: 'LastsyncConnector', connector_id: 'a', state: 'failing' });
      assert.equal(annotations.summary, `The a (a) began to fail: the ${time}`);
      await report(stack, 'a', 'completed');
      await until(async () => (await alerts()).length === 0, `the end of the ${time} alert`);
    }
  });
}

test('the alert of --test ends by itself', async (t) => {
  const { stack, url, alerts } = await withAlertmanager(t);
  const file = writeTargets(stack, [{ name: 'am', type: 'alertmanager', url }]);
  const { stdout } = await startCommand(['notify', '--test', '--targets', file]).ended;
  assert.equal(stdout, 'am: taken\n');
  const [{ labels, endsAt }] = await alerts();
  assert.equal(labels.connector_id, 'test');
  assert.ok(Date.parse(endsAt) <= Date.now() + 300000, endsAt);
});
