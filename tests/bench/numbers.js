// Statistics of measurements.
'use strict';

const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

function median(numbers) {
  const sorted = ascending(numbers);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The number that a share of them, such as 0.99, does not exceed.
function percentile(numbers, share) {
  return ascending(numbers)[Math.ceil(numbers.length * share) - 1];
}

// That number for requests that come at any moment, and wait until the current wait is over. A client that sends one
// request after the other hides long waits: if one takes a second, it is one of many, but all others would have come
// within that second.
function percentileAtAnyMoment(waits, share) {
  const falling = ascending(waits).reverse();
  const above = falling.reduce((total, wait) => total + wait, 0) * (1 - share);
  let [sum, i] = [falling[0], 0];
  // The time above a wait w is the sum of all longer ones, each less w.
  while (i + 1 < falling.length && sum - (i + 1) * falling[i + 1] < above) {
    i += 1;
    sum += falling[i];
  }
  return (sum - above) / (i + 1);
}

// Numbers by name, added up over several objects.
function addCounts(list) {
  const total = {};
  for (const [name, number] of list.flatMap(Object.entries)) total[name] = (total[name] || 0) + number;
  return total;
}

module.exports = { addCounts, median, percentile, percentileAtAnyMoment };
