// Which charts a filter re-runs: filters on the left, charts on the right, a line for each pair.

const LINE = 30; // pixels of a row; style.css has the same

/**
 * Draws the fan-out of a page. `tiles` are the elements of charts in the drawing of its layout, which light
 * up as well; `changed` is called when others do.
 */
function fanout(page, tiles, changed) {
  const height = LINE * Math.max(page.charts.length, page.filters.length, 1);
  const middle = (at, of) => ((at + 0.5) * height) / of;
  const says = h("p", { class: "says", role: "status" });
  const silent = "Point at a filter, or move to it with the keyboard: the charts that one change of it re-runs light up, on all tabs. A click keeps them lit.";
  const edges = [];
  const drawing = s("svg", { class: "edges", viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", "aria-hidden": "true", "--height": `${height}px` });
  let kept = null;

  page.filters.forEach((filter, from) => {
    for (const chart of filter.charts) {
      const [a, b] = [middle(from, page.filters.length), middle(chart, page.charts.length)];
      const line = s("path", { d: `M0 ${a}C50 ${a} 50 ${b} 100 ${b}` });
      edges.push({ from, chart, line });
      drawing.append(line);
    }
  });

  const filters = page.filters.map((filter, at) =>
    h(
      "button",
      {
        type: "button",
        class: "end",
        "aria-pressed": "false",
        "--at": `${middle(at, page.filters.length)}px`,
        onmouseenter: () => light(at),
        onfocus: () => light(at),
        onmouseleave: () => light(kept),
        onblur: () => light(kept),
        onclick: () => {
          kept = kept === at ? null : at;
          filters.forEach((one, place) => one.setAttribute("aria-pressed", String(place === kept)));
          light(at);
        },
      },
      name(filter.name),
      h("small", { text: page.given ? number(filter.charts.length) : "unknown" }),
    ),
  );
  const charts = page.charts.map((chart, at) =>
    h(
      "div",
      { class: `end ${heat(chart.memory)}`, "--at": `${middle(at, page.charts.length)}px`, onmouseenter: () => trace(at), onmouseleave: () => light(kept) },
      name(chart.name),
      h("small", { text: brief(chart.memory, size) }),
    ),
  );

  /** Lights up what a filter re-runs; null for nothing. */
  function light(at) {
    const filter = at === null ? null : page.filters[at];
    show(new Set(at === null ? [] : [at, ...filter.options]), new Set(filter ? filter.charts : []), (edge) => edge.from === at);
    says.replaceChildren(...(filter ? sentence(filter) : [silent]));
  }

  /** Lights up the filters that re-run a chart. */
  function trace(at) {
    const from = page.filters.flatMap((filter, place) => (filter.charts.includes(at) ? [place] : []));
    show(new Set(from), new Set([at]), (edge) => edge.chart === at);
    says.replaceChildren(name(page.charts[at].name), ` is re-run by ${plural(from.length, "filter")} of ${number(page.filters.length)}.`);
  }

  function show(ofFilters, ofCharts, chosen) {
    filters.forEach((one, at) => one.classList.toggle("lit", ofFilters.has(at)));
    charts.forEach((one, at) => one.classList.toggle("lit", ofCharts.has(at)));
    for (const [at, elements] of tiles) elements.forEach((one) => one.classList.toggle("lit", ofCharts.has(at)));
    edges.forEach((edge) => edge.line.classList.toggle("lit", chosen(edge)));
    const dimmed = ofCharts.size > 0;
    for (const one of [made, ...changed()]) one.classList.toggle("lighting", dimmed);
  }

  function sentence(filter) {
    if (!page.given) return [name(filter.name), ": what one change of it re-runs is not known, since the charts were not given."];
    const others = filter.options.length ? ` and asks ${plural(filter.options.length, "filter")} for options` : "";
    return [
      name(filter.name),
      `: one change re-runs ${plural(filter.charts.length, "chart")}${others}: ${plural(filter.queries, "query")}, memory ${memory(filter.memory)}.`,
      ...filter.notes.map((note) => ` ${note}`),
    ];
  }

  const made = h(
    "div",
    { class: "fan" },
    h("div", { class: "ends from", role: "group", "aria-label": "Filters", "--height": `${height}px` }, filters),
    drawing,
    h("div", { class: "ends to", role: "group", "aria-label": "Charts", "--height": `${height}px` }, charts),
  );
  says.textContent = silent;
  return h("section", { "aria-label": "Fan-out" }, says, made);
}
