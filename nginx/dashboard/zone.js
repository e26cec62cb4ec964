// Whether moments are shown in the viewer's zone or in UTC; the button in the bar tells which.

import { setAttribute, setText } from './dom.js';
import { tick } from './time.js';
import { localZone, setUtc, zoneName } from './words.js';

const PLACE = 'lastsync-times';

function isUtcStored() {
  try {
    return localStorage.getItem(PLACE) === 'utc';
  } catch {
    return false;
  }
}

function store(isUtc) {
  try {
    localStorage.setItem(PLACE, isUtc ? 'utc' : 'local');
  } catch {
    // Storage is forbidden: the choice holds as long as the page.
  }
}

// `button` switches between the two, unless the viewer's zone is UTC. Gives what shows the zone of now on it: summer
// time may begin or end.
export function prepareZone(button) {
  let isUtc = isUtcStored();
  const showZone = () => {
    setText(button, `Times: ${zoneName()}`);
    setAttribute(button, 'disabled', localZone() === 'UTC');
    setAttribute(button, 'title', isUtc ? `Show them in ${localZone()}` : 'Show them in UTC');
  };
  const apply = () => {
    setUtc(isUtc);
    showZone();
    tick();
    document.dispatchEvent(new Event('zone')); // for figures
  };
  button.addEventListener('click', () => {
    isUtc = !isUtc;
    store(isUtc);
    apply();
  });
  apply();
  return showZone;
}
