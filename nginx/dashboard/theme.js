// Sets the chosen colours before anything is painted; main.js has the button. A classic script,
// because modules run only after the page is parsed.
'use strict';

(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('lastsync-theme');
  } catch {
    // Storage is forbidden in this browser: only the system's colours are used.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
