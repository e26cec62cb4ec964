// Keeps the histories of the connectors on a page: an answer brings only the latest syncs of each.

export const WHOLE = 50;             // ended syncs that an overview gives of each at most
export const LATEST = 3;             // requested while none is missing
const KEPT = 200;                    // of each connector

export class Histories {
  constructor() {
    this.known = new Map();          // id -> syncs, newest first
  }

  // Takes an overview's results, each with at most `asked` syncs; false if one has a gap between
  // its known syncs and the new ones.
  take(results, asked) {
    const before = this.known;
    let isWhole = true;
    this.known = new Map(results.map(({ id, history }) => {
      const merged = asked < WHOLE ? this.#merge(before.get(id), history, asked) : history;
      isWhole &&= merged !== null;
      return [id, merged ?? history];
    }));
    return isWhole;
  }

  #merge(known, latest, asked) {
    if (!known) return latest.length < asked ? latest : null;
    const seen = new Set(known.map(({ id }) => id));
    const added = latest.filter(({ id }) => !seen.has(id));
    if (added.length === latest.length && latest.length === asked) return null;
    return [...added, ...known].slice(0, KEPT);
  }

  of(id) {
    return this.known.get(id) ?? [];
  }
}
