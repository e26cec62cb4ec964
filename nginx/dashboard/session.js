// The key that this tab shows to the server. It lives as long as the tab.

const PLACE = 'lastsync-key';

let held = null;                     // if storage is forbidden, it lives as long as the page

export function currentKey() {
  try {
    return sessionStorage.getItem(PLACE) ?? held;
  } catch {
    return held;
  }
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

// A key by its id and secret; without an id the secret is both, encoded, as `key create` prints it.
export function keepKey(id, secret) {
  const encoded = id.trim() ? base64(`${id.trim()}:${secret.trim()}`)
    : secret.trim().replace(/^(authorization:\s*)?apikey\s+/i, '');
  held = encoded;
  try {
    sessionStorage.setItem(PLACE, encoded);
  } catch {
    // Then it is held.
  }
}

export function forgetKey() {
  held = null;
  try {
    sessionStorage.removeItem(PLACE);
  } catch {
    // There is none.
  }
}

// With a value that no header can have, fetch would throw.
export const keyHeader = () => {
  const key = currentKey();
  return key ? { authorization: `ApiKey ${key.replace(/[^\x21-\x7e]/g, '')}` } : {};
};
