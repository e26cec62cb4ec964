// The Debian package, and nginx/README.md's way from an empty Debian to a supervised service behind TLS:
// the document's lines run unchanged, in a container with systemd as its init.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { execFileSync, spawn } = require('node:child_process');
const { once } = require('node:events');
const { after, before, test } = require('node:test');
const { blocksOf, sectionOf } = require('../lib/documents');
const { REPOSITORY, pause, until } = require('../lib/stack');
const { Container } = require('./container');

const CERTIFICATE = '/etc/ssl/lastsync/certificate.pem';
const CURL = `curl --silent --show-error --fail-with-body --retry 10 --retry-all-errors --cacert ${CERTIFICATE} `
  + '--resolve lastsync.example.com:443:127.0.0.1';
const STATUS = `curl --silent --output /dev/null --write-out '%{http_code}' --cacert ${CERTIFICATE} `
  + '--resolve lastsync.example.com:443:127.0.0.1';
const SITE = '/etc/nginx/sites-available/lastsync';
const PASSWORD_UNIT = path.join(REPOSITORY, 'nginx/systemd/redis-password.conf');

const container = new Container();
let packages;
let key;

after(() => container.remove());

function build(name) {
  const folder = path.join(container.directory, name);
  return execFileSync(path.join(REPOSITORY, 'nginx/deb'), [folder], { encoding: 'utf8' }).trim();
}

// The same package with another version, as an upgrade.
function newer(file) {
  const tree = path.join(container.directory, 'newer');
  execFileSync('dpkg-deb', ['--raw-extract', file, tree]);
  const control = path.join(tree, 'DEBIAN/control');
  const text = fs.readFileSync(control, 'utf8');
  fs.writeFileSync(control, text.replace(/^Version: (.*)$/m, 'Version: $1+newer'));
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, `${tree}.deb`]);
  return `${tree}.deb`;
}

// The shell blocks of that section of nginx/README.md, in order.
function readmeBlocks() {
  return blocksOf(sectionOf('nginx/README.md', '## Deployment'))
    .filter(({ language }) => language === 'sh').map(({ text }) => text);
}

function digest(file) {
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

before(() => {
  packages = [build('first'), build('second')];
  packages.push(newer(packages[0]));
});

test('two builds in two folders give the same package', () => {
  assert.equal(digest(packages[0]), digest(packages[1]));
});

test('lintian has nothing to say', () => {
  const output = execFileSync('lintian', ['--allow-root', '--fail-on', 'error,warning', '--profile',
    'debian', packages[0]], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.doesNotMatch(output, /^[EW]:/m);
});

test('the program is hardened: position independent, bound at its start, with a protected stack', () => {
  const tree = path.join(container.directory, 'first/lastsync/debian/lastsync/usr/bin/lastsync');
  const output = execFileSync('readelf', ['--wide', '-h', '-d', '-l', '--dyn-syms', tree], { encoding: 'utf8' });
  for (const sign of [/Type: +DYN/, /BIND_NOW|Flags: NOW/, /GNU_RELRO/, /__stack_chk_fail/, /_chk@/]) {
    assert.match(output, sign);
  }
  assert.doesNotMatch(output, /GNU_STACK.* RWE/);
});

test('an upgrade restarts lastsync notify if it runs, and only a removal stops it', () => {
  const lines = (script) => execFileSync('dpkg-deb', ['--info', packages[0], script], { encoding: 'utf8' })
    .split('\n').map((line) => line.trim()).filter((line) => /deb-systemd-invoke.*notify/.test(line));
  assert.doesNotMatch(execFileSync('dpkg-deb', ['--info', packages[0]], { encoding: 'utf8' }), /preinst/);
  assert.deepEqual(lines('postinst'), ["deb-systemd-invoke try-restart 'lastsync-notify.service' >/dev/null || true"]);
  assert.deepEqual(lines('prerm'), ['deb-systemd-invoke stop lastsync-notify.service >/dev/null || true']);
});

test('the build tells what it does', () => {
  const log = fs.readFileSync(path.join(container.directory, 'first/build.log'), 'utf8');
  assert.match(log, /^cc -std=c11 .* -D_FORTIFY_SOURCE=2.* -c -o /m);
});

test('the package has the version of the program', () => {
  const version = execFileSync('dpkg-deb', ['--field', packages[0], 'Version'], { encoding: 'utf8' });
  const tree = path.join(container.directory, 'first/lastsync/build/lastsync');
  assert.equal(execFileSync(tree, ['--version'], { encoding: 'utf8' }), `lastsync ${version}`);
});

test('from an empty Debian: nginx/README.md installs it', () => {
  container.make();
  const folder = path.join(container.root, 'root/build/deb');
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(packages[0], path.join(folder, path.basename(packages[0])));
  const [install] = readmeBlocks();
  assert.match(install, /^make deb\n/);
  container.chroot(install.replace(/^make deb\n/, '')); // the package was made above
  assert.match(container.chroot('dpkg --status lastsync'), /^Status: install ok installed$/m);
});

test('systemd starts it, nginx/README.md puts TLS in front', async () => {
  await container.start();
  container.inside(readmeBlocks()[1]);
  container.inside(`${CURL} https://lastsync.example.com/_lastsync/health/live`);
  assert.match(container.inside(`${CURL} https://lastsync.example.com/_lastsync/`), /<html/);
  assert.equal(container.inside('systemctl is-active lastsync.socket lastsync.service'),
    'active\nactive\n');
  assert.equal(container.inside('stat -c "%A %G" /run/lastsync/fcgi.sock'), 'srw-rw---- www-data\n');
});

test('a client without a key is refused, nginx/README.md makes a key and reports a sync, and Redis has it', () => {
  assert.equal(container.inside(`${STATUS} https://lastsync.example.com/_connector`), '401');
  const output = container.inside(`${readmeBlocks()[2]}\necho; echo "$key"`);
  key = output.trim().split('\n').at(-1);
  assert.match(output, /"status":"ready"/);
  assert.match(output, /"durable":true/);
  assert.match(output, /"result":"created"/);
  assert.match(output, /"result":"updated"/);
  assert.match(output, /^lastsync_connectors\{state="fresh"\} 1$/m);
  assert.match(container.inside("redis-cli HGET 'connector:{my-connector}' last_sync_status"),
    /completed/);
});

test('it runs as a user of its own, who may do little', () => {
  const pid = container.inside('systemctl show --value --property MainPID lastsync').trim();
  const status = container.inside(`cat /proc/${pid}/status`);
  assert.match(status, /^Uid:\s+6\d{4}\s/m); // of the range for dynamic users
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  assert.match(status, /^Seccomp:\s+2$/m);
  assert.match(status, /^CapBnd:\s+0+$/m);
});

test('it is started again when it dies', async () => {
  container.inside('systemctl kill --signal KILL lastsync');
  container.inside(`${CURL} --retry-delay 1 https://lastsync.example.com/_lastsync/health/live`);
  assert.equal(container.inside('systemctl show --value --property NRestarts lastsync'), '1\n');
});

// Counts the answers that a load gets while `disturb` runs, and before and after that.
async function underLoad(disturb) {
  const words = [...container.entry('-n'), process.execPath, path.join(__dirname, 'load.js'),
    path.join(container.root, CERTIFICATE), key];
  const load = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  load.stdout.on('data', (data) => { output += data; });
  await once(load.stdout, 'data');
  await disturb();
  load.kill('SIGTERM');
  await once(load, 'close');
  return JSON.parse(output);
}

function assertAllServed(answers) {
  const { 200: served, ...others } = answers;
  assert.deepEqual(others, {}, `${JSON.stringify(others)}\n${container.inside(
    'tail -n 20 /var/log/nginx/error.log; journalctl --no-pager -o short-precise -n 60')}`);
  assert.equal(served > 500, true, `only ${served} requests were made`);
}

// The rate limit is raised above the load, and Redis does not wait for the disk, which is busy with the
// files of the new Debian.
test('no request is lost while it is reloaded, restarted and upgraded', async (t) => {
  container.inside(`sed -i 's/rate=[0-9]*r/rate=1000000r/' ${SITE}
    redis-cli CONFIG SET appendfsync no
    main=$(systemctl show --value --property MainPID nginx)
    former=$(cat /proc/$main/task/$main/children)
    systemctl reload nginx
    for worker in $former; do while [ -d /proc/$worker ]; do sleep 0.05; done; done`); // they would reset the load's connections
  for (const how of ['reload', 'restart']) {
    await t.test(how, async () => assertAllServed(await underLoad(async () => {
      for (let round = 0; round < 5; round++) {
        container.inside(`systemctl ${how} lastsync`);
        await pause(300); // so that the load keeps connections again
      }
    })));
  }
  await t.test('upgrade', async () => {
    fs.copyFileSync(packages[2], path.join(container.root, 'root/newer.deb'));
    const before = container.inside('systemctl show --value --property MainPID lastsync');
    assertAllServed(await underLoad(async () => {
      container.inside('dpkg --install /root/newer.deb');
      await pause(300);
    }));
    assert.notEqual(container.inside('systemctl show --value --property MainPID lastsync'), before);
    assert.match(container.inside('dpkg --status lastsync'), /^Version: .*newer$/m);
  });
});

// Reports, and tells whether that was acknowledged.
function report(count) {
  return container.inside(`${STATUS} --request PUT --header 'Authorization: ApiKey ${key}' --header 'Content-Type: application/json' \
    --data '{"last_indexed_document_count":${count}}' https://lastsync.example.com/_connector/my-connector/_last_sync`) === '200';
}

function storedCount() {
  const lines = container.inside('lastsync export --config /etc/lastsync/lastsync.conf').trim().split('\n');
  const { fields } = lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'connector');
  return Number(fields.last_indexed_document_count);
}

test('nginx/README.md backs up and restores: the data, and the keys of the clients', () => {
  const [backup, restore] = blocksOf(sectionOf('nginx/README.md', '### Backup and restore')).map(({ text }) => text);
  assert.equal(report(7), true);
  container.inside(backup);
  assert.equal(report(8), true);
  assert.equal(storedCount(), 8);
  container.inside(restore);
  assert.equal(storedCount(), 7);
  assert.equal(report(9), true);
  container.inside('rm /var/backups/lastsync.ndjson');
});

const CLUSTER = `redis-server --port 7000 --cluster-enabled yes --cluster-announce-ip 127.0.0.1 --save '' --dir /run --daemonize yes
  until [ "$(redis-cli -p 7000 PING)" = PONG ]; do sleep 0.05; done
  redis-cli -p 7000 CLUSTER ADDSLOTSRANGE 0 16383
  until redis-cli -p 7000 CLUSTER INFO | grep cluster_state:ok; do sleep 0.05; done`;

for (const [heading, prepare, address, shards] of [
  ['### More shards', '', '-n 1', 16],
  ['### From one Redis to a cluster, and back', CLUSTER, '-p 7000', 64],
]) {
  test(`nginx/README.md moves the data while a client reports, and no acknowledged report is lost: ${heading}`, () => {
    const [{ text }] = blocksOf(sectionOf('nginx/README.md', heading));
    const lines = text.trim().replace(/10\.0\.0\.7,10\.0\.0\.8/g, '127.0.0.1:7000').split('\n');
    const start = lines.pop();
    container.inside(prepare);
    assert.equal(report(shards), true);
    for (const line of lines) {
      container.inside(line);
      assert.equal(report(0), false, `acknowledged after: ${line}`);
    }
    container.inside(start);
    assert.equal(container.inside(`redis-cli ${address} HGET lastsync:schema shards`), `${shards}\n`);
    assert.equal(storedCount(), shards);
    container.inside(`${CURL} https://lastsync.example.com/_lastsync/health/ready`);
    assert.equal(report(1), true);
    assert.equal(storedCount(), 1);
  });
}

// The address is none of this host's own ones (IPAddressAllow=localhost), as that of another host would be.
test('nginx/README.md lets systemd hold a port for the nginx of another host', async () => {
  const [{ text }] = blocksOf(sectionOf('nginx/README.md', '### Several web hosts'));
  const [, address, port] = /^ListenStream=([\d.]+):(\d+)$/m.exec(text);
  const listensAt = (where) => `systemctl daemon-reload
    systemctl restart lastsync.socket
    sed -i 's|^    server [^;]*;|    server ${where};|' ${SITE}
    nginx -t && systemctl reload nginx`;
  execFileSync('nsenter', [...container.entry('-n'), 'ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
  container.inside(`mkdir /etc/systemd/system/lastsync.socket.d
    cat >/etc/systemd/system/lastsync.socket.d/port.conf <<'END'\n${text}END
    ${listensAt(`${address}:${port}`)}`);
  await until(() => report(10), 'nginx to follow'); // a reload takes a moment
  assert.equal(storedCount(), 10);
  container.inside(`rm -r /etc/systemd/system/lastsync.socket.d
    ${listensAt('unix:/run/lastsync/fcgi.sock')}`);
  await until(() => report(11), 'nginx to follow');
});

// Lets lastsync use another Redis from its next start on, or its default one.
function configureRedis(address) {
  container.inside(`sed -i '/^redis=/d' /etc/lastsync/lastsync.conf
    ${address ? `echo redis=${address} >>/etc/lastsync/lastsync.conf` : ''}`);
}

test('a start fails if an option is wrong, and so does that of lastsync notify, also for its targets', () => {
  const fails = (unit) => container.inside(`systemctl restart ${unit} && echo started || journalctl --unit ${unit} --lines 50`);
  const started = (unit) => container.inside(`systemctl restart ${unit} && systemctl is-active ${unit}`).trim();
  container.inside('echo wrokers=4 >>/etc/lastsync/lastsync.conf');
  assert.match(fails('lastsync'), /"wrokers"/);
  container.inside('sed -i /^wrokers/d /etc/lastsync/lastsync.conf');
  assert.equal(started('lastsync'), 'active');
  container.inside("echo '{}' | install -m 600 /dev/stdin /etc/lastsync/targets.json");
  assert.match(fails('lastsync-notify'), /targets/);
  container.inside(`${TARGETS}
    chmod 644 /etc/lastsync/targets.json`);
  assert.match(fails('lastsync-notify'), /everybody may read/);
  container.inside(TARGETS);
  assert.equal(started('lastsync-notify'), 'active');
  container.inside('systemctl stop lastsync-notify');
});

const TARGETS = `install -m 600 /dev/stdin /etc/lastsync/targets.json <<<'{"targets":[{"name":"hook","type":"webhook","url":"http://127.0.0.1:9"}]}'`;

// Waits until lastsync notify has made its group in a Redis, which the words for redis-cli choose. One that Redis
// refused when it ended has left its lease there, which lasts for up to 20 s.
async function notifyFollows(words) {
  await until(() => /^notify:hook$/m.test(container.inside(`redis-cli --no-auth-warning ${words} XINFO GROUPS events`)),
    'lastsync notify to follow the events', 40000, 100);
}

test('lastsync notify is restarted, stopped and started with lastsync, and has the same configuration', async () => {
  const processOf = () => container.inside('systemctl show --value --property MainPID lastsync-notify').trim();
  configureRedis('');
  container.inside(`${TARGETS}
    systemctl enable --now lastsync-notify
    systemctl restart lastsync`);
  await notifyFollows('-n 0');
  const former = processOf();
  configureRedis('redis://127.0.0.1/2');
  container.inside('systemctl restart lastsync');
  await notifyFollows('-n 2');
  assert.notEqual(processOf(), former);
  for (const [command, state] of [['stop lastsync.socket', 'inactive'], ['start lastsync', 'active']]) {
    container.inside(`systemctl ${command}`);
    await until(() => container.inside('systemctl is-active lastsync-notify || true').trim() === state,
      `lastsync notify to be ${state}`);
  }
  configureRedis('');
  container.inside(`systemctl disable --now lastsync-notify
    systemctl restart lastsync
    redis-cli -n 0 XGROUP DESTROY events notify:hook`);
});

// The commands in the comment of that file, which make the password a credential.
function passwordCommands(password) {
  const text = fs.readFileSync(PASSWORD_UNIT, 'utf8');
  return [...text.matchAll(/^# {3}(.*)$/gm)].map(([, line]) => line).join('\n').replace('FILE_WITH_THE_PASSWORD', password);
}

test('Redis\'s password is a credential, of lastsync and of lastsync notify', async () => {
  container.inside(`echo secret >/root/password
    ${passwordCommands('/root/password')}
    redis-cli CONFIG SET requirepass secret
    systemctl restart lastsync redis-server`); // Redis forgets the password, so lastsync's is wrong
  assert.equal(container.inside(`${STATUS} https://lastsync.example.com/_lastsync/health/ready`), '503');
  container.inside('redis-cli CONFIG SET requirepass secret');
  container.inside(`${CURL} https://lastsync.example.com/_lastsync/health/ready`);
  container.inside(`${TARGETS}
    systemctl start lastsync-notify`);
  await notifyFollows('-a secret');
});

// The command after a change of the password, as that file's comment and nginx/README.md say it.
function commandAfterChange() {
  const text = fs.readFileSync(PASSWORD_UNIT, 'utf8').replace(/\n# /g, ' ');
  const [, command] = /the copies are renewed by `([^`]+)`/.exec(text);
  assert.match(sectionOf('nginx/README.md', '### Passwords'), new RegExp(`\`${command}\``));
  return command;
}

test('a changed password works after the command that its unit names, also for lastsync notify', async () => {
  const redis = 'redis-cli --no-auth-warning -a changed';
  container.inside(`echo changed | install -m 600 /dev/stdin /etc/lastsync/redis-password
    redis-cli --no-auth-warning -a secret CONFIG SET requirepass changed
    ${redis} CLIENT KILL TYPE normal`);
  await until(() => container.inside(`${STATUS} https://lastsync.example.com/_lastsync/health/ready`) === '503',
    'lastsync to have the former password');
  container.inside(`${redis} XGROUP DESTROY events notify:hook`);
  container.inside(commandAfterChange());
  container.inside(`${CURL} https://lastsync.example.com/_lastsync/health/ready`);
  await notifyFollows('-a changed');
  container.inside('systemctl stop lastsync-notify');
  container.inside('rm -r /etc/systemd/system/lastsync*.service.d /etc/lastsync/targets.json; systemctl daemon-reload');
});

test('purged, nothing of it is left', () => {
  container.inside(`rm /etc/nginx/sites-enabled/lastsync ${SITE}; systemctl reload nginx`);
  container.inside('dpkg --purge lastsync');
  assert.equal(container.inside('find / -xdev -path /root -prune -o -path /etc/ssl/lastsync -prune '
    + '-o -path /var/log -prune -o -path /var/lib/redis -prune -o -name "*lastsync*" -print'), '');
  assert.equal(container.inside('ls /run | grep lastsync || true'), '');
  assert.equal(container.inside('systemctl --failed --no-legend'), '');
});
