// A whole Debian in a folder: made by debootstrap, started by systemd-nspawn with systemd as its init,
// and with no network except its own loopback.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawn } = require('node:child_process');
const { processes } = require('../lib/program');
const { until } = require('../lib/until');

const DEBOOTSTRAP = ['--variant=minbase', '--include=systemd-sysv,ca-certificates'];
const BOOT = 60000;

// This machine's Debian mirrors, as lines of a sources.list: { codename, lines }.
function sources() {
  const format = '$(REPO_URI) $(CODENAME) $(ORIGIN)';
  const rows = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages',
    'Origin: Debian'], { encoding: 'utf8' }).trim().split('\n').map((row) => row.split(' '));
  const [, codename] = /^VERSION_CODENAME=(.*)$/m.exec(fs.readFileSync('/etc/os-release', 'utf8'));
  const [mirror] = rows.find(([, name]) => name === codename);
  const lines = [...new Set(rows.map(([uri, name]) => `deb ${uri} ${name} main\n`))].join('');
  return { codename, mirror, lines };
}

class Container {
  constructor() {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-debian-'));
    this.root = path.join(this.directory, 'root');
  }

  // An empty Debian that knows this machine's mirrors.
  make() {
    const { codename, mirror, lines } = sources();
    this.#run('debootstrap', [...DEBOOTSTRAP, codename, this.root, mirror]);
    fs.writeFileSync(path.join(this.root, 'etc/apt/sources.list'), lines);
    this.chroot('apt-get -qq update');
  }

  // Runs a shell text in it while it is not started, with this machine's network.
  chroot(text) {
    return this.#run('chroot', [this.root, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root',
      'DEBIAN_FRONTEND=noninteractive', 'bash', '-euc', `cd\n${text}`]);
  }

  async start() {
    const log = fs.openSync(path.join(this.directory, 'console'), 'a');
    this.nspawn = spawn('setpriv', ['--pdeathsig', 'TERM', 'systemd-nspawn', '--register=no',
      '--keep-unit', '--private-network', '-D', this.root, '--boot'],
    { stdio: ['ignore', log, log], detached: true });
    fs.closeSync(log);
    this.ended = new Promise((resolve) => this.nspawn.once('exit', resolve));
    await until(() => this.#findInit() && this.inside('systemctl is-system-running').trim() === 'running',
      'the container to run', BOOT, 100);
  }

  #findInit() {
    this.init = processes().find(({ parent }) => parent === this.nspawn.pid)?.pid;
    return this.init;
  }

  // Words for nsenter to run a command in these of its namespaces.
  entry(...namespaces) {
    return ['-t', String(this.init), ...namespaces];
  }

  // Runs a shell text in it while it runs.
  inside(text) {
    return this.#run('nsenter', [...this.entry('-m', '-u', '-i', '-n', '-p'), 'env', '-i',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'DEBIAN_FRONTEND=noninteractive', 'bash',
      '-euc', `cd\n${text}`]);
  }

  async remove() {
    if (this.nspawn) {
      this.nspawn.kill('SIGTERM');
      await this.ended;
    }
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  #run(file, words) {
    try {
      return execFileSync(file, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      throw new Error(`${file} ended with ${error.status}: ${words.at(-1)}\n${error.stdout}${error.stderr}`);
    }
  }
}

module.exports = { Container };
