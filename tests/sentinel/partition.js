// A network that can be cut in two: relays before the servers that are reached from the other side.
'use strict';

const net = require('node:net');

const HOST = '127.0.0.1';

class Partition {
  constructor() {
    this.isCut = false;
    this.servers = [];
    this.links = new Set();
  }

  // A relay before a port; gives the relay's port. A connection whose first bytes contain `spared` comes from the same
  // side: it is never cut.
  async relay(port, spared) {
    const server = net.createServer((near) => this.#link(near, net.connect(port, HOST), spared));
    await new Promise((resolve) => { server.listen(0, HOST, resolve); });
    server.unref(); // a test that fails may end
    this.servers.push(server);
    return server.address().port;
  }

  #link(near, far, spared) {
    const link = { near, far, spared: false };
    this.links.add(link);
    near.once('data', (first) => {
      link.spared = spared !== undefined && first.includes(spared);
      near.pause();
      far.write(first);
      near.on('data', (data) => this.#pass(link, far, data));
      near.resume();
    });
    far.on('data', (data) => this.#pass(link, near, data));
    for (const [end, other] of [[near, far], [far, near]]) {
      end.on('error', () => {});
      end.on('close', () => {
        this.links.delete(link);
        if (!this.isCut || link.spared) other.destroy(); // nor does an end cross
      });
    }
  }

  // Bytes sent across are lost silently, as on a cut cable.
  #pass(link, to, data) {
    if (!this.isCut || link.spared) to.write(data);
  }

  cut() {
    this.isCut = true;
  }

  // Connections from before are dead: their bytes have a hole.
  heal() {
    this.isCut = false;
    for (const { near, far, spared } of this.links) {
      if (spared) continue;
      near.destroy();
      far.destroy();
    }
  }

  close() {
    for (const server of this.servers) server.close();
    this.heal();
  }
}

module.exports = { Partition };
