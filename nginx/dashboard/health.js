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

const UNKNOWN = { look: 'lost', words: 'whether Redis is well is not known' };

export class HealthLine {
  constructor(node) {
    this.node = node;
    this.icon = make('span');
    this.words = make('span');
    this.about = make('span');
    node.append(this.about, this.icon, this.words);
    this.asked = -Infinity;
    this.self = {};                  // what lastsync has said of itself
  }

  // Looks again, if the last time was long ago or something `hasChanged`; never delays the page's own requests. Gives
  // whether what is shown of schedules and histories has changed by it.
  async refresh(hasChanged) {
    if (!hasChanged && performance.now() - this.asked < INTERVAL) return false;
    const asked = performance.now();
    this.asked = asked;
    const [health, self] = await Promise.all([askHealth().then(verdict).catch(() => null),
      askSelf().then((answer) => answer?.body ?? {}).catch(() => null)]); // an older server does not tell
    if (this.asked !== asked) return false; // it was for another key, or another look has followed
    if (!health || !self) this.asked = -Infinity; // with the next answer, then
    this.self = self ?? this.self;
    if (health || !this.node.hidden) this.#show(health ?? UNKNOWN, this.self);
    const { late_grace: grace, history } = self ?? {};
    const changes = [grace !== undefined && setGrace(grace * 1000), history !== undefined && setKept(history)];
    return changes.includes(true);
  }

  // What it says, and what may be changed, is for the key that was shown: another one may follow.
  forget() {
    this.asked = -Infinity;
    this.self = {};
    document.body.classList.remove('may-change');
    show(this.node, false);
  }

  #show({ look, words }, self) {
    const who = self.name ? `, you are ${self.name} (${self.role})` : '';
    this.about.textContent = `lastsync ${self.version ?? ''}${who}`.trim();
    this.words.textContent = words;
    this.icon.className = `badge-icon ${look}`;
    setIcon(this.icon, look);
    document.body.classList.toggle('may-change', Boolean(self.may_change));
    show(this.node, true);
  }
}
