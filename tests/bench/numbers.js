// What is made of many measurements.
'use strict';

const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

function median(numbers) {
  const sorted = ascending(numbers);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The number that a share of them, as 0.99, is not above; NaN of none.
function percentile(numbers, share) {
  if (numbers.length === 0) return NaN;
  return ascending(numbers)[Math.ceil(numbers.length * share) - 1];
}

// Waits that follow each other hide the long ones: of a thousand reports only one waited while a second
// passed. This is the wait of one that comes at any moment, and that such a share of them is not above.
function waitAtAnyMoment(waits, share) {
  const falling = ascending(waits).reverse();
  const above = falling.reduce((total, wait) => total + wait, 0) * (1 - share);
  let sum = 0;
  for (const [i, wait] of falling.entries()) {
    sum += wait;
    const next = falling[i + 1] || 0;
    if (sum - (i + 1) * next >= above) return (sum - above) / (i + 1);
  }
  return NaN;
}

// Numbers by name, added up over several objects.
function addCounts(list) {
  const total = {};
  for (const [name, number] of list.flatMap(Object.entries)) total[name] = (total[name] || 0) + number;
  return total;
}

module.exports = { addCounts, median, percentile, waitAtAnyMoment };
