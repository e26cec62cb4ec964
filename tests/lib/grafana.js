// What holds for each Grafana dashboard.
'use strict';

const assert = require('node:assert/strict');

// Panels have ids of their own, and lie within the width and on no other.
function checkLayout(dashboard) {
  const places = new Map();
  for (const { id, title, gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x + w <= 24, title);
    for (let at = x; at < x + w; at++) {
      for (let line = y; line < y + h; line++) {
        const place = `${at},${line}`;
        assert.ok(!places.has(place), `${title} lies on ${places.get(place)}`);
        places.set(place, title);
      }
    }
    assert.equal(dashboard.panels.filter((other) => other.id === id).length, 1, title);
  }
}

module.exports = { checkLayout };
