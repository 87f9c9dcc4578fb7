// Figures as people read them. What is not known is said to be unknown, never 0.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function number(value) {
  return value.toLocaleString("en-US");
}

/** Bytes in binary units with two or three figures. */
function size(bytes) {
  let amount = bytes;
  let unit = 0;
  while (Math.abs(amount) >= 1000 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const figures = unit && amount && Math.abs(amount) < 9.95 ? amount.toFixed(1) : number(Math.round(amount));
  return `${figures} ${UNITS[unit]}`;
}

/** `[expected, upper, basis]` in a phrase; `shown` writes a figure. */
function estimate(value, shown) {
  if (!value || (value[0] === null && value[1] === null)) return "unknown";
  const [expected, upper] = value;
  if (expected === null) return `at most ${shown(upper)}`;
  if (upper === null || shown(upper) === shown(expected)) return `~${shown(expected)}`;
  return `~${shown(expected)}, at most ${shown(upper)}`;
}

const memory = (value) => estimate(value, size);
const rows = (value) => estimate(value, number);

/** The same where there is little room. */
function brief(value, shown) {
  if (!value || (value[0] === null && value[1] === null)) return "unknown";
  return value[0] === null ? `≤ ${shown(value[1])}` : `~${shown(value[0])}`;
}

/** Rows where there is little room: exactly, if no fewer and no more are possible. */
function briefRows(value) {
  if (value && value[0] !== null && value[0] === value[1]) return plural(value[0], "row");
  return `${brief(value, number)} rows`;
}

/** The figure that stands for an estimate: what is expected, else the most; null if neither is known. */
function likely(value) {
  return value ? (value[0] ?? value[1]) : null;
}

function plural(count, noun) {
  if (count === 1) return `1 ${noun}`;
  return `${number(count)} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}

// Steps of a colour scale: the same colour is the same memory on every page. The last but one begins at the
// budget of one request, 100 MiB (DL307); the others at a quarter, a twentieth, a hundredth and four times that.
const STEPS = [1, 5, 25, 100, 400].map((mebibytes) => mebibytes * 2 ** 20);

/** The class of a cost: `c0` (least) to `c5`, `cx` where it is not known. */
function heat(value) {
  const bytes = likely(value);
  return bytes === null ? "cx" : `c${STEPS.filter((step) => bytes >= step).length}`;
}

function legend() {
  const limits = STEPS.map((bytes) => `${number(bytes / 2 ** 20)} MiB`);
  const texts = [...limits.map((limit) => `< ${limit}`), `≥ ${limits.at(-1)}`];
  return h(
    "ul",
    { class: "legend", "aria-label": "Colours: memory of one request" },
    texts.map((text, at) => h("li", { class: `c${at}`, text })),
    h("li", { class: "cx", text: "unknown" }),
  );
}

/** A bar as long as its share of `most`; what is only an upper bound is hollow. */
function bar(value, most) {
  const share = (bytes) => `${most ? Math.max(bytes ? 1 : 0, (100 * bytes) / most) : 0}%`;
  const known = value || [null, null];
  return h(
    "span",
    { class: "bar", "aria-hidden": "true" },
    known[1] === null ? null : h("span", { class: "upper", "--share": share(known[1]) }),
    known[0] === null ? null : h("span", { class: "expected", "--share": share(known[0]) }),
  );
}

const SEVERITIES = ["error", "warning", "info"];

/** How many findings of each severity. */
function counts(findings) {
  if (!findings.length) return h("span", { class: "none", text: "no findings" });
  const parts = SEVERITIES.map((one) => [one, findings.filter((finding) => finding.severity === one).length]);
  return h(
    "span",
    { class: "counts" },
    parts.filter(([, count]) => count).map(([one, count]) =>
      h("span", { class: `badge ${one}`, text: plural(count, one === "info" ? "note" : one) }),
    ),
  );
}

/** A rule's documentation: headings, paragraphs, lists and code of its Markdown. */
function markdown(text) {
  const made = [];
  for (const [at, part] of text.split(/^```.*$/m).entries()) {
    if (at % 2) {
      made.push(h("pre", { tabindex: "0" }, h("code", { text: part.replace(/^\n|\n$/g, "") })));
      continue;
    }
    for (const block of part.split(/\n\s*\n|(?<=^## .*)\n/m)) {
      const trimmed = block.trim();
      if (trimmed.startsWith("## ")) made.push(h("h4", { text: trimmed.slice(3) }));
      else if (/^([-*]|\d+\.) /.test(trimmed)) {
        made.push(h("ul", null, trimmed.split(/\n(?=[-*] |\d+\. )/).map((item) => h("li", null, inline(item.replace(/^([-*]|\d+\.) /, ""))))));
      } else if (trimmed) made.push(h("p", null, inline(trimmed)));
    }
  }
  return made;
}

/** Text with its `code` and **strong** parts. */
function inline(text) {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter(Boolean)
    .map((part) => {
      if (part.startsWith("`") && part.length > 2) return h("code", { text: part.slice(1, -1) });
      if (part.startsWith("**") && part.length > 4) return h("strong", { text: part.slice(2, -2) });
      return part;
    });
}
