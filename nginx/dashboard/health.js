// The last line of the page: lastsync's version, and the health of its Redis.

import { make, show } from './dom.js';
import { setKept } from './histories.js';
import { setIcon } from './icons.js';
import { setGrace } from './schedule.js';
import { askHealth, askSelf } from './source.js';

const INTERVAL = 60000;              // milliseconds between two looks

// { look, words } for the answer of health/ready.
function verdict({ redis, problems, warnings, durable }) {
  const name = redis.version ? `Redis ${redis.version}` : 'Redis';
  const faults = [...problems, ...warnings];
  if (faults.length) return { look: problems.length ? 'failing' : 'late', words: faults.join('. ') };
  return durable ? { look: 'fresh', words: `${name} keeps what it has acknowledged` }
    : { look: 'late', words: `${name} may lose what it has acknowledged` };
}

export class HealthLine {
  constructor(node) {
    this.node = node;
    this.icon = make('span');
    this.words = make('span');
    this.self = make('span');
    node.append(this.self, this.icon, this.words);
    this.asked = -Infinity;
  }

  // Looks again, if the last time was long ago; never delays the page's own requests. Gives whether what is shown of
  // schedules and histories has changed by it.
  async refresh() {
    if (performance.now() - this.asked < INTERVAL) return false;
    const asked = performance.now();
    this.asked = asked;
    try {
      const [health, self] = await Promise.all([askHealth(), askSelf()]);
      if (this.asked !== asked) return false; // it was for another key
      this.#show(verdict(health), self?.body);
      const { late_grace: grace, history } = self?.body ?? {}; // an older server does not tell
      const changes = [grace !== undefined && setGrace(grace * 1000), history !== undefined && setKept(history)];
      return changes.includes(true);
    } catch {
      if (this.asked === asked) this.asked = -Infinity; // with the next answer, then
      return false;
    }
  }

  // What it says, and what may be changed, is for the key that was shown: another one may follow.
  forget() {
    this.asked = -Infinity;
    document.body.classList.remove('may-change');
    show(this.node, false);
  }

  #show({ look, words }, self) {
    const who = self?.name ? `, you are ${self.name} (${self.role})` : '';
    this.self.textContent = self ? `lastsync ${self.version}${who}` : 'lastsync';
    this.words.textContent = words;
    this.icon.className = `badge-icon ${look}`;
    setIcon(this.icon, look);
    document.body.classList.toggle('may-change', Boolean(self?.may_change));
    show(this.node, true);
  }
}
