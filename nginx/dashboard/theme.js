// Sets the chosen colours before anything is painted; main.js has the button. A classic script, for
// modules run only when the page is there.
'use strict';

(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('lastsync-theme');
  } catch {
    // Storage is forbidden in this browser: then the system's colours are all there is.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
