// Waits for conditions, never for a fixed time.
'use strict';

// Milliseconds for what comes by itself: a limit for what never comes, so that also a machine with much to do stays
// below it.
const PATIENCE = 60000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Polls `condition` until it gives something truthy, and gives that back. An exception in it counts
// as "not yet". After `milliseconds` it throws an error that names `what` it waited for and the
// last exception.
async function until(condition, what, milliseconds = PATIENCE, interval = 5) {
  const deadline = Date.now() + milliseconds;
  let problem;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (Date.now() >= deadline) {
      const reason = problem ? `: ${problem.message}` : '';
      throw new Error(`waited ${milliseconds} ms for ${what}${reason}`);
    }
    await pause(interval);
  }
}

// Waits, if the hour will end within so many milliseconds: for tests of what lies in this hour.
async function untilHourLasts(milliseconds = 30000) {
  const hour = 3600000;
  await until(() => Date.now() % hour < hour - milliseconds, 'an hour that does not end meanwhile', milliseconds + 5000);
}

// The outcome of a promise, or a rejection that names `what` did not come in time.
function within(promise, what, milliseconds = PATIENCE) {
  let timer;
  const late = new Promise((resolve, reject) => {
    const error = new Error(`waited ${milliseconds} ms for ${what}`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = { PATIENCE, pause, until, untilHourLasts, within };
