// The documents: the first page is short, links lead somewhere, files and sections that documents and comments name
// exist, and the commands work exactly as written.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { execFile, spawnSync } = require('node:child_process');
const { after, before, test } = require('node:test');
const { promisify } = require('node:util');
const { DOCUMENTS, readDocument, blocksOf } = require('../lib/documents');
const { request } = require('../lib/raw');
const { BUILD, REPOSITORY, startStack } = require('../lib/stack');

const FIRST_PAGE = 200; // lines

const withoutBlocks = (text) => text.replace(/^```[^]*?^```$/gm, '');

test('the first page is short', () => {
  assert.ok(readDocument('README.md').split('\n').length <= FIRST_PAGE + 1);
});

// ---- links ----

// A heading's name in a link, as GitHub makes it.
const anchor = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replace(/ /g, '-');

function anchorsOf(text) {
  return [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading));
}

for (const name of DOCUMENTS) {
  test(`the links of ${name} lead somewhere`, () => {
    const text = withoutBlocks(readDocument(name)).replace(/`[^`\n]*`(?!\])/g, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    assert.ok(links.length > 0);
    for (const link of links.filter((target) => !/^https?:/.test(target))) {
      const [file, fragment] = link.split('#');
      const target = file ? path.join(path.dirname(name), file) : name;
      assert.ok(fs.existsSync(path.join(REPOSITORY, target)), link);
      if (fragment) assert.ok(anchorsOf(readDocument(target)).includes(fragment), link);
    }
  });
}

test('each document can be reached from the first page', () => {
  for (const name of DOCUMENTS.slice(1)) assert.ok(readDocument('README.md').includes(`](${name})`), name);
});

// ---- files and sections that are named ----

const files = ['cgi', 'nginx', 'tests'].flatMap((folder) =>
  fs.readdirSync(path.join(REPOSITORY, folder), { recursive: true })
    .map((file) => `/${folder}/${file}`).filter((file) => !file.includes('node_modules')));

// Files of the reader, not of the repository.
const THEIRS = ['nginx.conf'];

for (const name of DOCUMENTS) {
  test(`the files that ${name} names are there`, () => {
    const named = [...withoutBlocks(readDocument(name))
      .matchAll(/`(\w[\w./-]*\.(?:c|h|lua|def|js|conf|awk|html|css|svg|case))`/g)].map(([, file]) => file);
    for (const file of named.filter((word) => !THEIRS.includes(word))) {
      assert.ok(files.some((one) => one.endsWith(`/${file}`)), file);
    }
  });
}

// ---- the tests that the contract names ----

const KILL = '`fault/kill.test.js` `workers are killed under load`';

for (const [what, held, complaint] of [
  ['a test that there is', KILL, /^$/],
  ['two of one file', `${KILL}, \`a restart under load, and no request fails\``, /^$/],
  ['two files', `${KILL}; \`store/states.c\` \`test_length\``, /^$/],
  ['a test that there is not', KILL.replace('under', 'over'), /: clause 1\.1 names a test that does not exist: /],
  ['one of two that there is not', `${KILL}, \`nonesuch\``, /: clause 1\.1 names a test that does not exist: /],
  ['a file without a test', `${KILL}; \`store/states.c\``, /: clause 1\.1 names no test$/m],
  ['words', `${KILL} and more`, /: clause 1\.1 has words that name no test: /],
]) {
  test(`tests/lint/contract of a clause that names ${what}`, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-contract-'));
    const file = path.join(folder, 'CONTRACT.md');
    fs.writeFileSync(file, `| 1.1 | What | ${held} |\n`);
    const { status, stdout } = spawnSync(path.join(REPOSITORY, 'tests', 'lint', 'contract'), [file], { encoding: 'utf8' });
    fs.rmSync(folder, { recursive: true });
    assert.match(stdout, complaint);
    assert.equal(status, stdout === '' ? 0 : 1);
  });
}

// ---- sections of the API ----

test('comments point to sections of the API that are there', () => {
  const sections = [...readDocument('cgi/api/README.md').matchAll(/^#+ (\d+(?:\.\d+)?)\.? /gm)]
    .map(([, number]) => number);
  let count = 0;
  for (const file of files.filter((one) => /\.(c|h|case|test\.js)$/.test(one))) {
    const text = fs.readFileSync(path.join(REPOSITORY, file), 'utf8').replace(/\n[ *#/]+/g, ' ');
    for (const [whole, numbers] of text.matchAll(
      /\bAPI,? (?:section )?(\d+(?:\.\d+)?(?:(?:, and|,| and| to)(?: the table of)? \d+(?:\.\d+)?)*)/g)) {
      for (const [number] of numbers.matchAll(/\d+(?:\.\d+)?/g)) {
        assert.ok(sections.includes(number), `${file}: ${whole}`);
        count++;
      }
    }
  }
  assert.ok(count > 100, `${count}`);
});

// ---- commands ----

let stack;
let elsewhere; // a server that stands in for an Elasticsearch
let folder;
let job;

const shim = (name, text) =>
  fs.writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-documents-'));
  elsewhere = http.createServer((incoming, response) => response.end('{}'));
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  stack = await startStack({ nginx: {
    http: fs.readFileSync(path.join(REPOSITORY, 'nginx/example/elasticsearch-http.conf'), 'utf8')
      .replace('127.0.0.1:9201', `127.0.0.1:${elsewhere.address().port}`),
    server: 'set $elasticsearch http://elasticsearch; include "@NGINX@/elasticsearch.conf";' } });
  for (const name of ['bin', 'var']) fs.mkdirSync(path.join(folder, name));
  fs.symlinkSync(BUILD, path.join(folder, 'build'));
  fs.symlinkSync(stack.redisSocket, path.join(folder, 'var', 'redis.sock'));
  shim('curl', `exec /usr/bin/curl --fail-with-body -sS --connect-to localhost:9200:127.0.0.1:${stack.port} "$@"`);
  shim('lastsync', `exec '${path.join(BUILD, 'lastsync')}' "$@"`);
  shim('make', `exec /usr/bin/make -n -s -C '${REPOSITORY}' "$@"`); // prints what it would do
  await request(stack, 'PUT', '/_connector/c1', { body: '{"index_name":"search-c1","service_type":"dir"}' });
  const { json } = await request(stack, 'POST', '/_connector/_sync_job', { body: '{"id":"c1"}' });
  job = json.id;
  await request(stack, 'PUT', `/_connector/_sync_job/${job}/_claim`, { body: '{"worker_hostname":"w"}' });
});

after(async () => {
  if (stack) await stack.stop();
  elsewhere.close();
  fs.rmSync(folder, { recursive: true });
});

// Runs the commands of a block, in what seems to be a clone of the repository with its servers.
async function run(text, cwd = folder) {
  const environment = { ...process.env, id: job, LASTSYNC_REDIS: stack.redisUrl, LASTSYNC_SHARDS: String(stack.shards),
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}` };
  delete environment.NODE_TEST_CONTEXT;
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text],
    { cwd, env: environment })).stdout;
}

async function runKeys(text) {
  const made = JSON.parse(await run('lastsync key create --role manage_connector --json'));
  assert.match(await run(text.replace(/\bID\b/, made.id)), /sales crawlers/);
}

// Another test runs it, and must name it.
const runsIn = (file, words) => () =>
  assert.ok(fs.readFileSync(path.join(REPOSITORY, file), 'utf8').includes(words), file);

const DEBIAN = runsIn('tests/deb/deb.test.js', "sectionOf('nginx/README.md', '## Deployment')");
const RESTORE = runsIn('tests/deb/deb.test.js', "sectionOf('nginx/README.md', '### Backup and restore')");
const movesIn = (heading) => runsIn('tests/deb/deb.test.js', `['${heading}', `);

// By document: how its commands begin, block by block, and which function runs them.
const COMMANDS = {
  'README.md': [
    ['make run', run],
    ['curl -X PUT localhost:9200/_connector/my-connector ', async (text) => {
      const said = await run(text);
      for (const word of ['"result":"created"', '"result":"updated"', '"fresh" : 1', 'last_sync_status']) {
        assert.ok(said.includes(word), word);
      }
    }],
  ],
  'cgi/README.md': [['make all\n', run]],
  'cgi/api/README.md': [
    ['curl -X PUT localhost:9200/_lastsync/sync_job/$id/_complete ', async (text) => {
      assert.equal(await run(text), '{"result":"updated"}');
    }],
  ],
  'cgi/store/README.md': [['# How many connectors', runsIn('tests/redis/questions.test.js', 'readme.questions')]],
  'nginx/README.md': [
    ['make deb\n', DEBIAN],
    ['mkdir -p /etc/ssl/lastsync\n', DEBIAN],
    ['key=$(lastsync key create ', DEBIAN],
    ['cd nginx\npodman-compose up ', runsIn('tests/container/container.test.js', 'podman-compose')],
    ['env GATEWAY_INTERFACE=CGI/1.1 ', async (text) => {
      assert.match(await run(text), /^Status: 200 OK\r\n[^]*"count":/);
    }],
    ['lastsync status ', async (text) => assert.match(await run(text), /^Nothing needs attention\n/)],
    ['lastsync key create ', runKeys],
    ['ELASTICSEARCH=http://127.0.0.1:9201 ', run],
    ['curl -X PUT localhost:9200/search-my-directory\n', async (text) => {
      assert.match(await run(text), /^\{\}\{"id":"my-directory","result":"created"\}/);
    }],
    ['curl -X PUT localhost:9200/_connector/my-directory/_configuration ', async (text) => {
      const schema = { configuration: { directory: { label: 'd' }, pattern: { label: 'p' } } };
      await request(stack, 'PUT', '/_connector/my-directory/_configuration',
        { body: JSON.stringify(schema) }); // as the service does
      assert.match(await run(text), /^\{"result":"updated"\}\{"id":/);
    }],
    ['lastsync check ', run],
    ['lastsync export --keys ', RESTORE],
    ['systemctl stop lastsync.socket lastsync-notify\nredis-cli FLUSHDB\n', RESTORE],
    ['systemctl stop lastsync.socket lastsync-notify\n', movesIn('### More shards')],
    ['systemctl stop lastsync.socket lastsync-notify\n', movesIn('### From one Redis to a cluster, and back')],
  ],
  'nginx/THREATS.md': [],
  'nginx/dashboard/README.md': [],
  'tests/README.md': [['make all\n', (text) => run(text.replace('$PWD/build', BUILD), REPOSITORY)]],
  'tests/CONTRACT.md': [],
  'tests/RECORD.md': [],
};

for (const name of DOCUMENTS) {
  const blocks = blocksOf(readDocument(name)).filter(({ language }) => language === 'sh');
  test(`each block of commands in ${name} is run`, () => {
    assert.equal(blocks.length, COMMANDS[name].length);
    blocks.forEach(({ text }, i) => assert.ok(text.startsWith(COMMANDS[name][i][0]), text));
  });
  blocks.forEach(({ text }, i) => test(`${name}: ${text.slice(0, 50)}`, async () => {
    await COMMANDS[name][i][1](text);
  }));
}

test('each block says what language it has', () => {
  for (const name of DOCUMENTS) {
    for (const { language, text } of blocksOf(readDocument(name))) assert.ok(language, `${name}: ${text}`);
  }
});
