// lastsync notify over a Redis Cluster: nothing is left untold when a primary is killed, and one that stays away
// holds up only its own connectors.
'use strict';

const { test } = require('node:test');
const { connectorKey, prefixOf, slotOfKey } = require('../lib/shards');
const { until } = require('../lib/until');
const { tellDuring } = require('../notify/failover');
const { create, report, toldOf, withTargets } = require('../notify/targets');

test('all is told in order though a primary is killed meanwhile', (t) =>
  tellDuring(t, { cluster: true }, async ({ cluster }) => {
    const [node] = cluster.nodes;
    await node.program.stop('SIGKILL');
    await until(async () => (await cluster.primariesNow()).length === 3, 'a replica to take over');
    await node.program.start();
    await cluster.untilWhole();
  }));

// Without a replica, the primary that has the turn of ticks is killed. Another one has the target's lease.
test('what the other nodes have is told of while one is away, also what time causes', async (t) => {
  const PRIMARIES = 3;
  const nodeOf = (key) => Math.floor(slotOfKey(key) * PRIMARIES / 16384);
  const away = nodeOf('lastsync:ticker');
  const anywhere = Array.from({ length: 20 }, (_, i) => String(i));
  const name = anywhere.find((word) => nodeOf(`lastsync:notify:{${word}}`) !== away);
  const { stack, target } = await withTargets(t, { name }, { cluster: { primaries: PRIMARIES, replicas: 0 } });
  const [late, failing] = anywhere.filter((id) => nodeOf(connectorKey(id, stack.shards)) !== away);
  const lost = anywhere.find((id) => nodeOf(connectorKey(id, stack.shards)) === away);
  for (const id of [late, failing, lost]) {
    await create(stack, id);
    await report(stack, id, 'completed');
  }
  const standings = `${prefixOf(late, stack.shards)}standings`;
  const score = Number(await stack.redisCommand('ZSCORE', standings, late));
  await stack.cluster.nodes[away].program.stop('SIGKILL');
  await until(() => report(stack, failing, 'error', 'no').then(() => true), 'a report beside a node that is away');
  await toldOf(target, [`${failing} failing`]);
  await stack.redisCommand('ZADD', standings, String(score - (score % 2 ** 40) + Math.floor(Date.now() / 1000) - 1), late);
  await toldOf(target, [`${failing} failing`, `${late} late`]);
  await stack.cluster.nodes[away].program.start();
  await until(() => report(stack, lost, 'error', 'no').then(() => true), 'a report to the node that is back');
  await toldOf(target, [`${failing} failing`, `${late} late`, `${lost} failing`]);
});
