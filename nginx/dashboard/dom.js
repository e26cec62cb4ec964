// Makes and patches elements. Text goes in as text only, never as markup, and only if it differs,
// so that focus, selection and scroll position stay.

const SVG = 'http://www.w3.org/2000/svg';

// Sets an attribute, or removes it with null or false; touches nothing if it is so already.
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

export function setText(node, text) {
  const wanted = String(text);
  if (node.childNodes.length === 1 && node.firstChild.nodeType === Node.TEXT_NODE) {
    if (node.firstChild.data !== wanted) node.firstChild.data = wanted;
  } else if (node.textContent !== wanted || node.childNodes.length) {
    node.textContent = wanted;
  }
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else setAttribute(node, name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// make('td', { class: 'name', text: '...', onclick: ... }, child, ...)
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

// The same of a part that may have the focus: `next` gets it then.
export function showOrPass(node, visible, next) {
  const isLeft = !visible && node.contains(document.activeElement);
  show(node, visible);
  if (isLeft) next.focus({ preventScroll: true });
}

// A button that does nothing for now. It keeps the focus, which a disabled one loses.
export const setIdle = (button, idle) => setAttribute(button, 'aria-disabled', idle && 'true');
export const isIdle = (button) => button.hasAttribute('aria-disabled');

// Whether the user is busy in it: it has the focus, or an end of the selection.
function isAttended(node) {
  const selection = document.getSelection();
  return node.contains(document.activeElement) ||
    (!selection.isCollapsed &&
      (node.contains(selection.anchorNode) || node.contains(selection.focusNode)));
}

// Makes `wanted` the children of `parent`, in this order. A node that moves would lose focus and
// selection, so the one that the user is busy in stays, and the others move around it.
export function arrange(parent, wanted) {
  const kept = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!kept.has(child)) child.remove();
  const fixed = wanted.findIndex((node) => node.parentNode === parent && isAttended(node));
  const first = Math.max(fixed, 0);
  if (!wanted.length) return;
  if (fixed < 0 && parent.firstChild !== wanted[0]) parent.prepend(wanted[0]);
  for (let i = first + 1; i < wanted.length; i++) {
    if (wanted[i - 1].nextSibling !== wanted[i]) wanted[i - 1].after(wanted[i]);
  }
  for (let i = first - 1; i >= 0; i--) {
    if (wanted[i + 1].previousSibling !== wanted[i]) wanted[i + 1].before(wanted[i]);
  }
}

// Stands for a value that was not reported: a dash on the screen, words for screen readers. Zero is
// a value.
export function setBlank(node, words = 'not reported') {
  if (node.firstChild && node.firstChild.className === 'blank') {
    setText(node.lastChild, words);
    return;
  }
  node.replaceChildren(make('span', { class: 'blank', 'aria-hidden': 'true', text: '–' }),
    make('span', { class: 'unseen', text: words }));
}

// A value as text, or the dash for null.
export function setValue(node, text, words) {
  if (text === null || text === undefined || text === '') setBlank(node, words);
  else setText(node, text);
}
