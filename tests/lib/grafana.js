// Checks that each Grafana dashboard must pass.
'use strict';

const assert = require('node:assert/strict');

// Panels have distinct ids, stay within the width and do not overlap.
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

// The tables of connectors link to each connector's page, at an address that is chosen at the top.
// Gives the target of a connector's link, as Grafana makes it from a dashboard's address.
function checkLinks(dashboard, titles) {
  const box = dashboard.templating.list.find(({ name }) => name === 'dashboard');
  assert.equal(box.type, 'textbox');
  assert.match(box.query, /^http:.*\/_lastsync\/$/);
  assert.equal(box.current.value, box.query);
  const links = titles.map((title) => {
    const { fieldConfig } = dashboard.panels.find((panel) => panel.title === title);
    const properties = fieldConfig.overrides
      .filter(({ matcher }) => matcher.options === 'Connector')
      .flatMap((override) => override.properties);
    return properties.find(({ id }) => id === 'links').value[0].url;
  });
  assert.equal(new Set(links).size, 1, links.join(' '));
  return (address, connector) => links[0].replace('${dashboard:raw}', address)
    .replace('${__value.text:percentencode}', encodeURIComponent(connector));
}

module.exports = { checkLayout, checkLinks };
