// The page of one dashboard.

function dashboardPage(one) {
  const page = one.page;
  const found = findingsOf.get(one.uuid) || [];
  const head = [
    h("p", { class: "crumbs" }, link({}, "All dashboards")),
    h("h1", { tabindex: "-1" }, name(one.title)),
    figures(one),
  ];
  if (!page || page.error) {
    const why = page ? page.error : "only its figures are known";
    return [...head, h("p", { text: `There is no more to show of this dashboard: ${why}.` }), ...findingSection(found)];
  }
  const tiles = new Map();
  const charts = chartList(page, found);
  const grid = drawing(page, tiles, charts.open);
  const scroller = h("div", { class: "wide canvas", tabindex: "0", role: "region", "aria-label": "Layout" }, grid);
  const lit = () => {
    countLit(grid);
    return [grid];
  };
  return [
    ...head,
    sections(one),
    section("layout"),
    h("p", { class: "hint", text: "Each chart with the rows and the memory of its request as the dashboard or its tab opens; a click shows its SQL." }),
    legend(),
    page.boxes.some((box) => box.kind === "chart") ? scroller : h("p", { text: "The layout holds no charts, or was not given." }),
    section("fan-out"),
    page.filters.length ? fanout(page, tiles, lit) : h("p", { text: "This dashboard has no filters." }),
    section("requests"),
    ...timeline(page),
    section("charts"),
    charts.list,
    ...findingSection(found),
  ];
}

/** What the page consists of, in its order. Names stand in addresses: `#dashboard=…&at=charts`. */
const SECTIONS = { layout: "Layout", "fan-out": "Fan-out", requests: "Requests of a load", charts: "Charts and their SQL", findings: "Findings" };

function sections(one) {
  return h("nav", { class: "sections", "aria-label": "Sections" }, Object.entries(SECTIONS).map(([at, title]) => link({ dashboard: one.uuid, at }, title)));
}

function section(at, ...more) {
  return h("h2", { id: `at-${at}`, tabindex: "-1" }, SECTIONS[at], ...more);
}

function figures(one) {
  const widest = one.widest_filter;
  const facts = [
    ["Memory of a load", memory(one.memory_on_load)],
    ["Rests on", BASES[one.memory_on_load[2]] || one.memory_on_load[2]],
    ["Charts on load", chartsOnLoad(one)],
    ["Queries on load", queriesOnLoad(one)],
    ["Widest filter", widest ? [name(widest[0]), given(one) ? ` re-runs ${plural(widest[1], "chart")}, ${memory(one.widest_filter_memory)}` : ": unknown"] : "none"],
    ["Owners", one.page && one.page.owners.length ? one.page.owners.join(", ") : null],
    ["File", one.file ? h("code", { text: one.file }) : null],
  ];
  return h("dl", { class: "figures" }, facts.filter(([, value]) => value !== null).map(([key, value]) => h("div", null, h("dt", { text: key }), h("dd", null, value))));
}

/** What estimates rest on, in words (dashlint.cost.model: BASES). */
const BASES = {
  measured: "measurements",
  explain: "the database's plans",
  statistics: "statistics of the tables",
  row_limit: "row limits alone: what is expected is not known",
  unknown: "too little: part of it is not known",
};

/** The requests of a load, wave by wave. Bars are memory; how long a request takes is not known. */
function timeline(page) {
  const made = page.notes.map((note) => h("p", { class: "hint", text: note }));
  if (!page.given) made.push(h("p", { text: "Its charts were not given: only what its filters ask is known." }));
  else if (!page.load.length) return [...made, h("p", { text: "Nothing is sent when this dashboard opens." })];
  const most = Math.max(1, ...page.load.map((request) => request.memory[1] ?? request.memory[0] ?? 0));
  const numbered = page.load.map((request, at) => ({ ...request, at: at + 1 }));
  made.push(h("p", { class: "hint", text: "In the order in which they are sent. Bars are memory in a worker: filled is expected, hollow is the most; how long a request takes is not predicted." }));
  for (const [wave, requests] of grouped(numbered, (request) => [request.wave])) {
    made.push(
      h("h3", { text: wave ? `Wave ${wave + 1}, when wave ${wave} has answered` : "Wave 1, at once" }),
      h("ol", { class: "requests", start: requests[0].at, "--wave": wave }, requests.map((request) => requestItem(request, most))),
    );
  }
  return made;
}

function requestItem(request, most) {
  const waits = request.waits_for.length ? [h("p", null, "Waits for the value of ", request.waits_for.flatMap((one, at) => [at ? ", " : "", name(one)]), ".")] : [];
  return h("li", null, h(
    "details",
    null,
    h(
      "summary",
      null,
      h("span", { class: "place", text: request.at }),
      h("span", { class: "what" }, request.kind === "filter_options" ? "options of " : null, name(request.name)),
      h("span", { class: "count", text: plural(request.queries, "query") }),
      bar(request.memory, most),
      h("span", { class: "figure", text: brief(request.memory, size) }),
    ),
    waits,
    h("ul", null, request.because.map((text) => h("li", { text }))),
    h("p", { text: `Memory: ${memory(request.memory)}.` }),
  ));
}

/** The charts, each with its facts and SQL; `open` shows one of them. */
function chartList(page, found) {
  const of = grouped(found.filter((finding) => finding.asset.kind === "chart"), (finding) => [finding.asset.uuid]);
  const items = page.charts.map((chart, at) => {
    const body = h("div", { class: "chart" });
    const item = h(
      "details",
      {
        ontoggle: () => {
          if (item.open && !body.hasChildNodes()) body.append(...chartBody(page, chart, at, of.get(chart.uuid) || []));
        },
      },
      h(
        "summary",
        null,
        h("span", { class: `swatch ${heat(chart.memory)}` }),
        name(chart.name, { class: "what" }),
        h("small", null, name(chart.type)),
        h("span", { class: "figure", text: briefRows(chart.rows) }),
        h("span", { class: "figure", text: brief(chart.memory, size) }),
      ),
      body,
    );
    return item;
  });
  return {
    list: h("div", { class: "charts" }, items),
    open: (at) => {
      items[at].open = true;
      items[at].firstChild.focus({ preventScroll: true });
      items[at].scrollIntoView({ block: "start" });
    },
  };
}

function chartBody(page, chart, at, found) {
  const filters = page.filters.filter((filter) => filter.charts.includes(at));
  const kept = { "-1": "off", 0: "for ever" };
  const facts = [
    ["Rows", rows(chart.rows)],
    ["Memory", memory(chart.memory)],
    ["Asked", chart.on_load ? "when the dashboard opens" : "not when the dashboard opens: figures are those without filters"],
    ["Dataset", chart.dataset === null ? "not in what was read" : name(chart.dataset)],
    ["Database", chart.database === null ? "not in what was read" : name(chart.database)],
    ["Cache", chart.cache ? `${kept[chart.cache.seconds] || `${number(chart.cache.seconds)} s`} (from ${chart.cache.origin})` : "unknown"],
    ["Re-run by", filters.length ? filters.flatMap((filter, place) => [place ? ", " : "", name(filter.name)]) : "no filter"],
  ];
  return [
    h("dl", { class: "figures" }, facts.map(([key, value]) => h("div", null, h("dt", { text: key }), h("dd", null, value)))),
    ...found.map((finding) => findingItem(finding, true)),
    ...sqlOf(chart),
  ];
}

function sqlOf(chart) {
  if (chart.sql === null) return [h("p", { class: "hint", text: "Its SQL was left out, since the report would be too large: `dashlint trace` prints it." })];
  if (!chart.sql.length) return [h("p", { class: "hint", text: "No SQL is known of this chart." })];
  return chart.sql.flatMap((one) => [
    one.role === "main" ? null : h("h4", { text: `For ${one.role}` }),
    one.text === null
      ? h("p", { class: "hint", text: `Superset refuses this query: ${one.error || "it is empty"}` })
      : h("pre", { tabindex: "0", "aria-label": "SQL" }, h("code", { text: data.sql[one.text] })),
    ...one.unknown.map((text) => h("p", { class: "hint", text })),
  ].filter(Boolean));
}
