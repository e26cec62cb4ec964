// lastsync notify through sentinels: nothing is left untold when the primary is killed.
'use strict';

const { test } = require('node:test');
const { tellDuring } = require('../notify/failover');

test('all is told in order though the primary is killed meanwhile', (t) =>
  tellDuring(t, { sentinel: true }, async ({ sentinel }) => {
    await sentinel.untilReplicated();
    const old = await sentinel.primary();
    await old.program.stop('SIGKILL');
    await sentinel.untilAnotherPrimary(old);
    await old.program.start();
  }));
