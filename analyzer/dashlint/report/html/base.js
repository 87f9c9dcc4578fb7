// Making elements. Text becomes text nodes: nothing here, nor elsewhere, turns text into markup.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

/** An element with properties and children; null and undefined are left out. */
function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same in an SVG. */
function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** `class`, `text`, `on…` functions and `--…` are told apart; the rest are attributes. */
function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") element.textContent = value;
    else if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) element.style.setProperty(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((one) => one !== null && one !== undefined));
  return element;
}

/** Somebody else's text, kept apart from its surroundings in its direction of reading. */
function name(text, properties) {
  return h("bdi", { text, ...properties });
}

/** A link within this page. */
function link(parameters, ...children) {
  return h("a", { href: `#${new URLSearchParams(parameters)}` }, ...children);
}

/** Rows in portions: a report may hold thousands, and few of them are looked at. */
function portions(parent, items, make, size = 100) {
  let shown = 0;
  const more = h("button", { type: "button", class: "more", onclick: () => show() });
  const watcher = new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && show(), {
    rootMargin: "400px",
  });
  function show() {
    parent.append(...items.slice(shown, shown + size).map(make));
    shown = Math.min(shown + size, items.length);
    more.hidden = shown === items.length;
    more.textContent = `Show more (${number(items.length - shown)} left)`;
    // Anew, so that it tells again if the end is still in sight.
    watcher.disconnect();
    if (!more.hidden) watcher.observe(more);
  }
  show();
  return more;
}

/** A list by what a function says of each item. */
function grouped(items, keys) {
  const found = new Map();
  for (const item of items) {
    for (const key of keys(item)) {
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(item);
    }
  }
  return found;
}
