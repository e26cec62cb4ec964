// lastsync notify over a Redis Cluster: nothing is left untold when a primary is killed.
'use strict';

const { test } = require('node:test');
const { until } = require('../lib/until');
const { tellDuring } = require('../notify/failover');

test('all is told in order though a primary is killed meanwhile', (t) =>
  tellDuring(t, { cluster: true }, async ({ cluster }) => {
    const [node] = cluster.nodes;
    await node.program.stop('SIGKILL');
    await until(async () => (await cluster.primariesNow()).length === 3, 'a replica to take over');
    await node.program.start();
    await cluster.untilWhole();
  }));
