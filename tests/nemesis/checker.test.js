// The checker itself: the faults that it must find, and the histories that it must let pass.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { historyFaults, registerFaults } = require('../lib/checker');

const OPEN = Infinity;
const write = (value, start, end) => ({ value, start, end });
const read = write;

// [what, writes, reads, faults]
const REGISTERS = [
  ['one after the other', [write('a', 0, 1), write('b', 2, 3)], [read('a', 1.2, 1.5), read('b', 4, 5)], []],
  ['before the first', [write('a', 2, 3)], [read(undefined, 0, 1)], []],
  ['two at once, in either order', [write('a', 0, 5), write('b', 1, 4)], [read('b', 6, 7)], []],
  ['an open one that came late', [write('a', 0, OPEN), write('b', 1, 2)], [read('b', 3, 4), read('a', 5, 6)], []],
  ['an open one that never came', [write('a', 0, OPEN), write('b', 1, 2)], [read('b', 3, 4)], []],
  ['a lost one', [write('a', 0, 1), write('b', 2, 3)], [read('a', 4, 5)], ['x: b was there while a must have been']],
  ['a lost first one', [write('a', 0, 1)], [read(undefined, 2, 3)], ['x: a was there while undefined must have been']],
  ['one that comes back', [write('a', 0, OPEN), write('b', 3, 4)], [read('a', 1, 2), read('b', 5, 6), read('a', 7, 8)],
    ['x: b was there while a must have been']],
  ['a read that goes back', [write('a', 0, 9), write('b', 0, 9)], [read('b', 1, 2), read('a', 3, 4), read('b', 5, 6)],
    ['x: a was there while b must have been']],
  ['from the future', [write('a', 5, 6)], [read('a', 1, 2)], ['x shows a before it was sent']],
  ['nobody\'s', [], [read('a', 1, 2)], ['x shows a, which nobody sent']],
];

for (const [what, writes, reads, found] of REGISTERS) {
  test(`a register: ${what}`, () => assert.deepEqual(registerFaults('x', writes, reads), found));
}

const attempts = (...list) => list.map(([number, status]) => ({ number, status }));

// [what, attempts, stored, faults]
const HISTORIES = [
  ['all of it', attempts([1, 200], [2, 200]), [1, 2], []],
  ['one that was refused, and is not there', attempts([1, 200], [2, 503]), [1], []],
  ['one that was refused, and is there', attempts([1, 503], [2, 200]), [1, 2], []],
  ['one that was refused, and came late', attempts([1, 503], [2, 200]), [2, 1], []],
  ['a repeat of a refused one', attempts([1, 503], [1, 200]), [1], []],
  ['a repeat, and the refused one came late', attempts([1, 503], [1, 200], [2, 200]), [1, 2, 1], []],
  ['a lost one', attempts([1, 200], [2, 200]), [2], ['x: 1 was acknowledged and is lost']],
  ['one twice', attempts([1, 200]), [1, 1], ['x: 1 is there 2 times']],
  ['a repeat that counts', attempts([1, 200], [1, 200]), [1, 1], ['x: 1 is there 2 times']],
  ['a refused one twice', attempts([1, 503]), [1, 1], ['x: 1 is there 2 times']],
  ['a wrong order', attempts([1, 200], [2, 200]), [2, 1], ['x: 1 is not in order']],
  ['a stranger', attempts([1, 200]), [1, 7], ['x: 7 is there, and nobody sent it']],
];

for (const [what, sent, stored, found] of HISTORIES) {
  test(`a history: ${what}`, () => assert.deepEqual(historyFaults('x', sent, stored), found));
}
