// A page of metrics as a Map from a series, with its labels, to its value.
'use strict';

function readSamples(text) {
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

module.exports = { readSamples };
