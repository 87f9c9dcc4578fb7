// A dashboard as it looks: tabs, rows, columns, charts in a grid of twelve columns, coloured by their cost.

/**
 * Draws a layout. `tiles` gets the elements of each chart (by its place in the page's charts), `open` is
 * called with a chart that is chosen. Boxes are a flat list in which each comes after the one around it.
 */
function drawing(page, tiles, open) {
  const holders = [];
  const columns = []; // of the grid that each box has for what stands in it
  const root = h("div", { class: "grid" });
  const strips = new Map();
  page.boxes.forEach((box, at) => {
    const holder = (box.parent !== null && holders[box.parent]) || root;
    holders[at] = holder;
    columns[at] = Math.min(box.kind === "column" ? box.width : 12, box.parent === null ? 12 : columns[box.parent]);
    const width = Math.min(box.width, columns[at]);
    if (box.kind === "tabs") {
      const strip = h("div", { class: "strip", role: "tablist", "aria-label": "Tabs" });
      const panels = h("div", { class: "panels" });
      strips.set(at, { strip, panels, tabs: [] });
      holder.append(h("div", { class: "tabs", "--w": columns[at] }, strip, panels));
      holders[at] = panels;
    } else if (box.kind === "tab" && strips.has(box.parent)) {
      holders[at] = tab(strips.get(box.parent), box, at);
    } else if (box.kind === "row") {
      holder.append((holders[at] = h("div", { class: "row", "--columns": columns[at] })));
    } else if (box.kind === "column") {
      holder.append((holders[at] = h("div", { class: "column", "--w": columns[at] })));
    } else if (box.kind === "chart") {
      holder.append(tile(page, box, width, tiles, open));
    } else if (box.kind === "header") {
      holder.append(h("p", { class: "heading" }, name(box.text)));
    } else if (box.kind === "markdown") {
      holder.append(h("p", { class: "markdown", "--w": width, "--h": box.height }, name(box.text)));
    } else if (box.kind === "divider") {
      holder.append(h("hr"));
    }
  });
  return root;
}

function tile(page, box, width, tiles, open) {
  const chart = box.chart === null ? null : page.charts[box.chart];
  if (!chart) {
    return h("p", { class: "tile cx", "--w": width, "--h": box.height }, name(box.text || "chart"), h("small", { text: "not in what was read" }));
  }
  const made = h(
    "button",
    { type: "button", class: `tile ${heat(chart.memory)}`, "--w": width, "--h": box.height, onclick: () => open(box.chart) },
    name(chart.name, { class: "title" }),
    h("small", { class: "type" }, name(chart.type)),
    h("span", { class: "facts" },
      h("span", { text: briefRows(chart.rows) }),
      h("strong", { text: brief(chart.memory, size) })),
  );
  if (!tiles.has(box.chart)) tiles.set(box.chart, []);
  tiles.get(box.chart).push(made);
  return made;
}

/** A tab and its panel; arrows go from tab to tab (ARIA Authoring Practices: tabs). */
function tab(around, box, at) {
  const { strip, panels, tabs } = around;
  const first = !tabs.length;
  const panel = h("div", { class: "panel", role: "tabpanel", id: `panel${at}`, "aria-labelledby": `tab${at}`, hidden: !first });
  const button = h(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab${at}`,
      "aria-controls": `panel${at}`,
      "aria-selected": String(first),
      tabindex: first ? "0" : "-1",
      onclick: () => select(button),
      onkeydown: (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        const here = tabs.findIndex((one) => one.button === button);
        const next = step ? (here + step + tabs.length) % tabs.length : { Home: 0, End: tabs.length - 1 }[event.key];
        if (next === undefined) return;
        event.preventDefault();
        select(tabs[next].button);
        tabs[next].button.focus();
      },
    },
    name(box.text),
    h("span", { class: "lit-count" }),
  );
  function select(chosen) {
    for (const one of tabs) {
      one.button.setAttribute("aria-selected", String(one.button === chosen));
      one.button.tabIndex = one.button === chosen ? 0 : -1;
      one.panel.hidden = one.button !== chosen;
    }
  }
  tabs.push({ button, panel });
  strip.append(button);
  panels.append(panel);
  return panel;
}

/** How many charts are lit up on each tab, also on those that are not open. */
function countLit(root) {
  for (const button of root.querySelectorAll("[role=tab]")) {
    const panel = root.querySelector(`#${button.getAttribute("aria-controls")}`);
    const lit = panel.querySelectorAll(".tile.lit").length;
    button.querySelector(".lit-count").textContent = lit ? ` ${lit}` : "";
  }
}
