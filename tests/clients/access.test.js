// The official Elasticsearch clients with credentials, as their users configure them.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { describeClients, failure } = require('./clients');
const { createKey, createReporter, revokeKey } = require('../lib/keys');
const { startStack, until } = require('../lib/stack');

const SECRET = crypto.randomBytes(24).toString('base64url');
const digest = (password) => crypto.createHash('sha1').update(password).digest('base64');

// A stack whose nginx knows the user elastic, besides the keys in Redis.
async function startWithUsers(folder) {
  const [passwords, secret] = ['passwords', 'secret'].map((name) => path.join(folder, name));
  fs.writeFileSync(passwords, `elastic:{SHA}${digest('changeme')}\n`);
  fs.writeFileSync(secret, SECRET);
  return startStack({
    access: 'proxy',
    options: ['--proxy-secret-file', secret],
    nginx: {
      http: 'map $http_authorization $realm { "~*^ApiKey " off; default security; }',
      location: `auth_basic $realm; auth_basic_user_file ${passwords};
        fastcgi_param REMOTE_USER $remote_user; fastcgi_param LASTSYNC_ROLE manage_connector;
        fastcgi_param LASTSYNC_PROXY_SECRET "${SECRET}";`,
    },
  });
}

function testClient({ name }) {
  const { Client } = require(name);
  let folder;
  let stack;
  let manager;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-client-'));
    stack = await startWithUsers(folder);
    manager = await createKey(stack, 'manage_connector');
    await as(manager, (client) => client.connector.put({ connector_id: 'sales-1' }));
    await as(manager, (client) => client.connector.put({ connector_id: 'it-1' }));
  });
  after(async () => {
    await stack.stop();
    fs.rmSync(folder, { recursive: true });
  });

  async function withAuth(auth, use) {
    const client = new Client({ node: stack.url, maxRetries: 0, ...(auth && { auth }) });
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }

  const as = ({ id, api_key }, use) => withAuth({ apiKey: { id, api_key } }, use);
  const read = (client) => client.connector.get({ connector_id: 'sales-1' });
  const report = (id) => (client) =>
    client.connector.lastSync({ connector_id: id, last_sync_status: 'completed' });

  test('a key as id and api_key, and encoded', async () => {
    assert.equal((await as(manager, read)).id, 'sales-1');
    const encoded = await withAuth({ apiKey: manager.encoded }, read);
    assert.equal(encoded.id, 'sales-1');
  });

  test('a user and a password', async () => {
    const auth = { username: 'elastic', password: 'changeme' };
    assert.equal((await withAuth(auth, read)).id, 'sales-1');
    assert.equal((await withAuth(auth, (client) => client.info())).tagline, 'You Know, for Search');
  });

  test('strangers: 401 as a ResponseError', async () => {
    for (const auth of [undefined, { username: 'elastic', password: 'x' },
      { apiKey: { id: manager.id, api_key: 'x' } }, { apiKey: 'x' }, { bearer: 'x' }]) {
      const { statusCode, body, headers } = await failure(withAuth(auth, read));
      assert.equal(statusCode, 401);
      assert.equal(body.error.type, 'security_exception');
      assert.match(String(headers['www-authenticate']), /ApiKey/);
      assert.equal((await failure(withAuth(auth, (client) => client.ping()))).statusCode, 401);
    }
    assert.equal(await as(manager, (client) => client.ping()), true);
  });

  test('roles: 403 as a ResponseError', async () => {
    const monitor = await createKey(stack, 'monitor_connector');
    assert.equal((await as(monitor, read)).id, 'sales-1');
    assert.equal((await failure(as(monitor, report('sales-1')))).statusCode, 403);
    const reporter = await createReporter(stack, 'sales-*');
    assert.equal((await as(reporter, report('sales-1'))).result, 'updated');
    assert.equal((await as(reporter, (client) =>
      client.connector.checkIn({ connector_id: 'sales-1' }))).result, 'updated');
    const { statusCode, body } = await failure(as(reporter, report('it-1')));
    assert.equal(statusCode, 403);
    assert.match(body.error.reason, /^action \[cluster:admin\/xpack\/connector\/update_last_sync_stats\]/);
    assert.equal((await failure(as(reporter, read))).statusCode, 403);
  });

  test('a client keeps its connections, and is refused when its key is revoked', async () => {
    const key = await createKey(stack, 'monitor_connector');
    await as(key, async (client) => {
      assert.equal((await read(client)).id, 'sales-1');
      await revokeKey(stack, key.id);
      const refusal = await until(async () => read(client).then(() => null, (error) => error),
        'a refusal', 5000);
      assert.equal(refusal.meta.statusCode, 401);
    });
  });
}

describeClients(testClient);
