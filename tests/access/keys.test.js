// Access by keys through nginx: which clients are let in, and for how long.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { after, before, test } = require('node:test');
const { REPORT, WRONG, assertForbidden, assertStranger, missing } = require('./common');
const { createKey, createReporter, encode, keyCommand, revokeKey } = require('../lib/keys');
const { request, send } = require('../lib/raw');
const { startStack, until } = require('../lib/stack');
const { redisAnswers } = require('../fault/common');

const STOPS_WITHIN = 5000; // milliseconds from a key's revocation to the last answer to it

let stack;
let manager;

before(async () => {
  stack = await startStack({ access: 'keys' });
  manager = await createKey(stack, 'manage_connector', '--owner', 'ops');
  const made = await request(stack, 'PUT', '/_connector/c1', { headers: manager.headers });
  assert.equal(made.status, 201, made.text);
});
after(() => stack.stop());

const get = (authorization, target = '/_connector/c1') =>
  request(stack, 'GET', target, { headers: authorization ? { authorization } : {} });

// ---- who comes in ----

for (const [what, options] of [
  ['as clients send it', {}],
  ['without padding', { padded: false }],
  ['in lower case', { scheme: 'apikey' }],
  ['in upper case', { scheme: 'APIKEY' }],
  ['with blanks', { scheme: '  ApiKey  ' }],
  ['as Basic', { scheme: 'Basic' }],
]) {
  test(`a key, ${what}`, async () => {
    const answer = await get(encode(manager.id, manager.api_key, options));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-elastic-product'], 'Elasticsearch');
  });
}

test('every ending of base64 is read', async () => {
  const tails = new Set();
  for (const owner of ['a', 'b', 'c']) {
    const key = await createKey(stack, 'monitor_connector', '--owner', owner);
    for (const padded of [true, false]) {
      assert.equal((await get(encode(key.id, key.api_key, { padded }))).status, 200);
    }
    tails.add(key.encoded.replace(/[^=]/g, ''));
  }
  assert.deepEqual([...tails], ['==']); // ids and secrets have one length; fuzzing does the others
});

test('the environment of the command is the service\'s', async () => {
  const { code, stdout } = await keyCommand(stack, 'list', '--json');
  assert.equal(code, 0);
  assert.ok(JSON.parse(stdout).api_keys.some(({ id, owner }) => id === manager.id && owner === 'ops'));
});

// ---- who does not ----

test('nobody', async () => {
  assertStranger(await get(), missing('/_connector/c1'));
});

test('a script in a page, which must not cause a prompt', async () => {
  const headers = { 'x-requested-with': 'XMLHttpRequest' };
  const answer = await request(stack, 'GET', '/_connector/c1', { headers });
  assertStranger(answer, missing('/_connector/c1'), undefined, ['ApiKey']);
});

test('a target is told as it was sent', async () => {
  const target = '/_connector/c%201?pretty=false&x="y"';
  assertStranger(await get(undefined, target), missing(target));
});

test('a target that is no UTF-8 is not told', async () => {
  const answer = await send(stack.port,
    Buffer.from('GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'));
  assertStranger(answer, missing('?'));
});

test('pretty, and never a stack trace', async () => {
  const target = '/_connector/c1?pretty&error_trace=true';
  const answer = await get(undefined, target);
  assertStranger(answer, missing(target));
  assert.match(answer.text, /^\{\n {2}"error" : \{/);
});

test('X-Opaque-Id comes back', async () => {
  const answer = await request(stack, 'GET', '/', { headers: { 'x-opaque-id': 'mine' } });
  assertStranger(answer, missing('/'));
  assert.equal(answer.headers['x-opaque-id'], 'mine');
});

for (const value of ['Bearer abc', 'Digest username="x"', 'Negotiate abc', 'secret', 'ApiKeyabc']) {
  test(`another scheme: ${value}`, async () => {
    assertStranger(await get(value), missing('/_connector/c1'));
  });
}

const pair = (text) => `ApiKey ${Buffer.from(text, 'latin1').toString('base64')}`;

for (const [what, value] of [
  ['nothing behind it', 'ApiKey'],
  ['no base64', 'ApiKey !!!'],
  ['base64 for URLs', 'ApiKey a-_b'],
  ['half a padding', 'ApiKey aWQ6c2VjcmV0cw='],
  ['no colon', pair('abc')],
  ['no id', pair(':abc')],
  ['no secret', pair('abc:')],
  ['a NUL', pair('abc\0:def')],
  ['a newline', pair('abc:def\n')],
  ['a key of Redis', pair('}:connector:{c1:abc')],
  ['a wildcard', pair('*:abc')],
  ['high bytes', pair('\xff\xfe:\xff')],
  ['a long id', pair(`${'i'.repeat(65)}:abc`)],
  ['a long secret', pair(`abc:${'s'.repeat(129)}`)],
  ['two keys', 'ApiKey aWQ6cw== aWQ6cw=='],
  ['kilobytes', `ApiKey ${' '.repeat(6000)}aWQ6c2VjcmV0`],
  ['a broken Basic', 'Basic !!!'],
]) {
  test(`a header that can be no key: ${what}`, async () => {
    assertStranger(await get(value), WRONG, 'API key: invalid ApiKey value');
  });
}

const invalid = (id) => `API key: invalid credentials for API key [${id}]`;

test('an unknown id and a wrong secret are told alike', async () => {
  const flipped = manager.api_key.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  for (const [id, secret] of [
    ['unknown', manager.api_key], [manager.id, flipped], [manager.id, 'x'],
    [manager.id, manager.api_key.slice(0, -1)], [manager.id, `${manager.api_key}A`],
    [manager.id.toLowerCase(), manager.api_key], [manager.api_key, manager.id],
  ]) {
    for (let time = 0; time < 3; time++) {
      assertStranger(await get(encode(id, secret)), WRONG, invalid(id));
    }
  }
});

test('the stored hash is no secret', async () => {
  const hash = await stack.redisCommand('HGET', `lastsync:key:{${manager.id}}`, 'secret_sha256');
  assert.equal(hash, crypto.createHash('sha256').update(manager.api_key).digest('hex'));
  assertStranger(await get(encode(manager.id, hash)), WRONG, invalid(manager.id));
});

test('a wrong Basic is told as a user', async () => {
  assertStranger(await get(encode('bob', 'builder', { scheme: 'Basic' })),
    'unable to authenticate user [bob] for REST request [/_connector/c1]');
});

test('what a hash lacks grants nothing', async () => {
  const secret = 'a-secret-of-mine';
  const sha256 = crypto.createHash('sha256').update(secret).digest('hex');
  const hash = (id, ...fields) => stack.redisCommand('HSET', `lastsync:key:{${id}}`, ...fields);
  await hash('no-secret', 'role', 'manage_connector');
  await hash('bad-secret', 'role', 'manage_connector', 'secret_sha256', sha256.toUpperCase());
  await hash('empty-secret', 'role', 'manage_connector', 'secret_sha256', '');
  await hash('no-role', 'secret_sha256', sha256);
  await hash('bad-role', 'secret_sha256', sha256, 'role', 'superuser');
  await hash('no-pattern', 'secret_sha256', sha256, 'role', 'report_connector');
  await hash('bad-expiry', 'secret_sha256', sha256, 'role', 'manage_connector', 'expires_at', 'x');
  for (const id of ['no-secret', 'bad-secret', 'empty-secret']) {
    assertStranger(await get(encode(id, secret)), WRONG, invalid(id));
  }
  for (const id of ['no-role', 'bad-role', 'no-pattern']) {
    assertForbidden(await request(stack, 'PUT', '/_connector/c1/_last_sync',
      { headers: { authorization: encode(id, secret) }, body: REPORT }));
  }
  assertStranger(await get(encode('bad-expiry', secret)), WRONG,
    'API key: API key [bad-expiry] is expired');
});

test('a key that is no hash: 500, and nobody comes in', async () => {
  await stack.redisCommand('SET', 'lastsync:key:{text}', 'x');
  assert.equal((await get(encode('text', 'secret'))).status, 500);
});

// ---- 401 before all else, 403 behind all that is wrong ----

const WRONGS = [
  ['an unknown path', 'GET', '/nowhere', {}, 400],
  ['an unknown method', 'PATCH', '/_connector/c1', {}, 405],
  ['OPTIONS', 'OPTIONS', '/_connector/c1', {}, 200],
  ['a broken target', 'GET', '/_connector/%ff', {}, 400],
  ['a wrong parameter', 'GET', '/_connector/c1?prety', {}, 400],
  ['no body', 'PUT', '/_connector/c1/_last_sync', {}, 400],
  ['a broken body', 'PUT', '/_connector/c1/_last_sync', { body: '{' }, 400],
  ['no media type', 'PUT', '/_connector/c1/_last_sync',
    { body: '{}', headers: { 'content-type': 'text/plain' } }, 406],
  ['a broken media type', 'GET', '/_connector/c1', { headers: { accept: 'x' } }, 400],
  ['an empty id', 'PUT', '/_connector//_check_in', {}, 400],
  ['a missing connector', 'GET', '/_connector/missing', {}, 404],
];

for (const [what, method, target, options, status] of WRONGS) {
  test(`${what}: ${status} for whom it knows, 401 for strangers`, async () => {
    assertStranger(await request(stack, method, target, options), missing(target));
    const headers = { ...options.headers, ...manager.headers };
    const known = await request(stack, method, target, { ...options, headers });
    assert.equal(known.status, status, known.text);
  });
}

test('403 comes behind what is wrong with a request', async () => {
  const reader = await createKey(stack, 'monitor_connector', '--owner', 'bob');
  const put = (target, body) =>
    request(stack, 'PUT', target, { body, headers: reader.headers });
  assert.equal((await put('/_connector/c1/_last_sync', '{')).status, 400);
  assert.equal((await put('/_connector/c1/_last_sync?x', REPORT)).status, 400);
  assert.equal((await put('/_connector/c1/_api_key_id', {})).status, 400);
  assertForbidden(await put('/_connector/missing/_last_sync', REPORT),
    'action [cluster:admin/xpack/connector/update_last_sync_stats] is unauthorized for API key ' +
    `id [${reader.id}] of user [bob], this action is granted by the cluster privileges ` +
    '[report_connector,manage_connector]');
});

test('HEAD: headers alone', async () => {
  const answer = await request(stack, 'HEAD', '/');
  assert.equal(answer.status, 401);
  assert.equal(answer.body.length, 0);
  assert.equal(answer.headers['x-elastic-product'], undefined);
  assert.equal((await request(stack, 'HEAD', '/', { headers: manager.headers })).status, 200);
});

// ---- how long ----

test('an expired key stops at its time, known or not', async () => {
  const key = await createKey(stack, 'monitor_connector', '--expires', '2s');
  const from = Date.now();
  assert.ok(key.expiration > from && key.expiration <= from + 2000);
  assert.equal((await get(encode(key.id, key.api_key))).status, 200);
  const taken = [];
  const refused = await until(async () => {
    const began = Date.now();
    const answer = await get(encode(key.id, key.api_key));
    if (answer.status === 200) taken.push(began);
    return answer.status !== 200 && answer;
  }, 'the key to expire', STOPS_WITHIN);
  assert.deepEqual(taken.filter((time) => time >= key.expiration), []);
  assert.ok(Date.now() >= key.expiration);
  assertStranger(refused, WRONG, `API key: API key [${key.id}] is expired`);
  assertStranger(await get(encode(key.id, 'wrong')), WRONG, invalid(key.id));
});

test('a revoked key stops within 5 s in all workers, and not a valid one', async () => {
  const key = await createKey(stack, 'monitor_connector');
  const use = () => Promise.all(Array.from({ length: 16 },
    () => get(encode(key.id, key.api_key)).then(({ status }) => status)));
  assert.deepEqual([...new Set(await use())], [200]);
  await revokeKey(stack, key.id);
  const revoked = Date.now();
  let last = 0;
  await until(async () => {
    const began = Date.now();
    const statuses = await use();
    if (statuses.includes(200)) last = began - revoked;
    return Date.now() - revoked > STOPS_WITHIN + 500;
  }, 'the time in which it must stop', STOPS_WITHIN * 2);
  assert.ok(last < STOPS_WITHIN, `taken ${last} ms after it was revoked`);
  assert.deepEqual([...new Set(await use())], [401]);
  assert.equal((await get(encode(manager.id, manager.api_key))).status, 200);
});

test('a new key holds at once', async () => {
  for (let i = 0; i < 5; i++) {
    const key = await createKey(stack, 'monitor_connector');
    assert.equal((await get(encode(key.id, key.api_key))).status, 200);
  }
});

test('Redis away: 503 and never open; strangers 401', async () => {
  const fresh = await createReporter(stack, 'c1');
  await stack.redis.stop('SIGKILL');
  try {
    assertStranger(await get(), missing('/_connector/c1'));
    for (const authorization of [fresh.headers.authorization, encode('unknown', 'x'),
      encode(manager.id, manager.api_key)]) {
      const answer = await get(authorization);
      assert.equal(answer.status, 503, answer.text);
      assert.equal(answer.headers['retry-after'], '1');
    }
    for (const authorization of [fresh.headers.authorization, encode('unknown', 'x')]) {
      assert.equal((await get(authorization, '/')).status, 503); // what needs no Redis itself
    }
    await until(async () => (await get(encode(manager.id, manager.api_key), '/')).status === 503, 'a known key to be forgotten');
  } finally {
    await stack.redis.start();
    await redisAnswers(stack);
  }
  const answer = await until(async () => {
    const again = await get(encode(manager.id, manager.api_key));
    return again.status === 200 && again;
  }, 'service again');
  assert.equal(answer.status, 200);
});

// ---- the command ----

for (const [what, words, code, text] of [
  ['no role', ['create'], 78, /--role must be/],
  ['a wrong role', ['create', '--role=admin'], 78, /--role must be/],
  ['no connectors', ['create', '--role=report_connector'], 78, /needs --connectors/],
  ['connectors for a reader', ['create', '--role=monitor_connector', '--connectors=a'], 78, /only for --role=report_connector/],
  ['an empty pattern', ['create', '--role=report_connector', '--connectors=a,,b'], 78, /16 patterns/],
  ['many patterns', ['create', '--role=report_connector',
    `--connectors=${Array(17).fill('a').join()}`], 78, /16 patterns/],
  ['long patterns', ['create', '--role=report_connector', `--connectors=${'a'.repeat(1025)}`], 78,
    /1024 bytes/],
  ['a long name', ['create', '--role=manage_connector', `--name=${'n'.repeat(257)}`], 78, /256/],
  ['a long owner', ['create', '--role=manage_connector', `--owner=${'o'.repeat(257)}`], 78, /256/],
  ['a name of two lines', ['create', '--role=manage_connector', '--name=a\nb'], 78, /control/],
  ['a time without a unit', ['create', '--role=manage_connector', '--expires=30'], 78, /--expires/],
  ['no time', ['create', '--role=manage_connector', '--expires=0d'], 78, /--expires/],
  ['a negative time', ['create', '--role=manage_connector', '--expires=-1d'], 78, /--expires/],
  ['too much time', ['create', '--role=manage_connector', '--expires=36501d'], 78, /--expires/],
  ['a word too many', ['create', '--role=manage_connector', 'x'], 78, /x/],
  ['no id', ['revoke'], 78, /word is missing/],
  ['an unknown id', ['revoke', 'x'], 1, /no key "x"/],
  ['nothing', [], 64, /key create/],
  ['an unknown word', ['steal'], 64, /key create/],
]) {
  test(`lastsync key refuses: ${what}`, async () => {
    const before = (await keyCommand(stack, 'list', '--json')).stdout;
    const answer = await keyCommand(stack, ...words);
    assert.equal(answer.code, code, answer.stderr);
    assert.match(answer.stderr, text);
    assert.equal((await keyCommand(stack, 'list', '--json')).stdout, before);
  });
}

test('a key is shown once, and stored without its secret', async () => {
  const made = await keyCommand(stack, 'create', '--role', 'report_connector', '--connectors',
    'sales-*,hr-?', '--expires', '30d', '--name', 'Sales ü', '--owner', 'bob');
  const [, id, secret, encoded] =
    /^id +(\S+)\nsecret +(\S+)\nencoded +(\S+)\n/.exec(made.stdout);
  assert.equal(Buffer.from(encoded, 'base64').toString(), `${id}:${secret}`);
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  const key = `lastsync:key:{${id}}`;
  const stored = await stack.redisCommand('HGETALL', key);
  assert.ok(!stored.join().includes(secret));
  assert.equal(await stack.redisCommand('HGET', key, 'connectors'), 'sales-*,hr-?');
  const days = (Date.parse(await stack.redisCommand('HGET', key, 'expires_at')) -
    Date.parse(await stack.redisCommand('HGET', key, 'created_at'))) / 86400000;
  assert.equal(days, 30);
  const listed = await keyCommand(stack, 'list');
  assert.match(listed.stdout, new RegExp(`^${id} +report_connector .*bob +sales-\\*,hr-\\? +Sales ü$`, 'm'));
  for (const { stdout } of [listed, await keyCommand(stack, 'list', '--json')]) {
    assert.ok(!stdout.includes(secret) && !/[0-9a-f]{64}/.test(stdout));
  }
});

test('the oldest key comes first, though their times have other digits', async () => {
  const made = [];
  for (const created of ['2001-01-01T00:00:00.0015Z', '2001-01-01T00:00:00.001Z']) {
    made.unshift((await createKey(stack, 'monitor_connector')).id);
    await stack.redisCommand('HSET', `lastsync:key:{${made[0]}}`, 'created_at', created);
  }
  const { stdout } = await keyCommand(stack, 'list', '--json');
  assert.deepEqual(JSON.parse(stdout).api_keys.slice(0, 2).map(({ id }) => id), made);
});

test('without Redis the command says so', async () => {
  const answer = await keyCommand({ storeOptions: ['--redis', 'unix:/nonexistent/redis.sock'] }, 'list', '--patience', '200');
  assert.equal(answer.code, 69);
  assert.match(answer.stderr, /Redis is away/);
});
