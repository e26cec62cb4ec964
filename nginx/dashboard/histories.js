// Keeps the histories of the connectors on a page: an answer brings only the latest syncs of each.

export const WHOLE = 50;             // ended syncs that an overview gives of each at most
export const LATEST = 3;             // requested while none is missing
const KEPT = 200;                    // of each connector

export class Histories {
  constructor() {
    this.known = new Map();          // id -> syncs, newest first
  }

  // Takes an overview's results, each with at most `asked` syncs; false if one has a gap between
  // its known syncs and the new ones, and then keeps what it had.
  take(results, asked) {
    const taken = new Map(results.map(({ id, history }) =>
      [id, asked < WHOLE ? this.#merge(this.known.get(id), history, asked) : history]));
    const isWhole = ![...taken.values()].includes(null);
    if (isWhole) this.known = taken;
    return isWhole;
  }

  #merge(known, latest, asked) {
    if (latest.length < asked) return latest; // all that there are: it may have been made anew
    if (!known) return null;
    const seen = new Set(known.map(({ id }) => id));
    const added = latest.filter(({ id }) => !seen.has(id));
    if (added.length === latest.length) return null;
    return [...added, ...known].slice(0, KEPT);
  }

  of(id) {
    return this.known.get(id) ?? [];
  }
}
