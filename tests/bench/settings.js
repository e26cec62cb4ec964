// Shared by the benchmarks: settings from the environment, and words for the terminal.
'use strict';

function wholeNumber(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`${name} is not a whole number above 0: ${text}`);
  }
  return value;
}

// The `kinds` whose keys `only` names, or all if it names none.
function chosen(kinds, only) {
  const keys = only.split(/\s+/).filter(Boolean);
  const unknown = keys.find((key) => !kinds.some((kind) => kind.key === key));
  if (unknown) throw new Error(`ONLY may name ${kinds.map(({ key }) => key).join(', ')}, not ${unknown}`);
  return kinds.filter(({ key }) => keys.length === 0 || keys.includes(key));
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

module.exports = { chosen, say, wholeNumber };
