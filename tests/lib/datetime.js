// The datetimes of lastsync.
'use strict';

// A datetime as a text that sorts by its time: lastsync leaves out the zeros at the end of a fraction, and "Z" is
// greater than a digit.
const sortable = (datetime) => {
  const [second, fraction = ''] = datetime.replace(/Z$/, '').split('.');
  return `${second}.${fraction.padEnd(9, '0')}Z`;
};

module.exports = { sortable };
