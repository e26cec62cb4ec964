// Keeps the histories of the connectors on a page: an answer brings only the latest syncs of each.

export const WHOLE = 50;             // ended syncs that an overview gives of each at most
export const LATEST = 3;             // requested while none is missing
const KEPT = 200;                    // of each connector

// Ended syncs that lastsync keeps of each connector, at least: the default of --history, until it has said.
let kept = 100;

// Gives whether it was another number.
export function setKept(number) {
  const differs = kept !== number;
  kept = number;
  return differs;
}

// Whether these many syncs, of those that were asked for, are all that a connector has had.
export const areAll = (number, asked) => number < Math.min(asked, kept);

export class Histories {
  constructor() {
    this.known = new Map();          // id -> syncs, newest first
    this.firsts = new Set();         // ids of those whose first sync is known
  }

  // Takes an overview's results, each with at most `asked` syncs; false if one has a gap between
  // its known syncs and the new ones, and then keeps what it had.
  take(results, asked) {
    const taken = new Map(results.map(({ id, history }) =>
      [id, asked < WHOLE ? this.#merge(this.known.get(id), history, asked) : history]));
    if ([...taken.values()].includes(null)) return false;
    const hasFirst = ({ id, history }) => areAll(history.length, asked) ||
      (asked < WHOLE && this.firsts.has(id) && taken.get(id).length < KEPT);
    this.firsts = new Set(results.filter(hasFirst).map(({ id }) => id));
    this.known = taken;
    return true;
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

  // Whether nothing is older than what it has.
  isWhole(id) {
    return this.firsts.has(id);
  }
}
