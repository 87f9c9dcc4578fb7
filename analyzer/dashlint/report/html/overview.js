// The first page: all dashboards, to sort, search and choose from.

const findingsOf = grouped(data.findings, (finding) => finding.dashboards);

/** Columns: a title, what they sort by (unknown is null and comes last), and what they show. */
const COLUMNS = {
  title: { title: "Dashboard", text: true, by: (one) => one.title.toLowerCase(), cell: titleCell },
  memory: {
    title: "Memory of a load",
    by: (one) => likely(one.memory_on_load),
    cell: (one) => [h("span", { class: "figure", text: memory(one.memory_on_load) }), bar(one.memory_on_load, mostMemory)],
  },
  charts: {
    title: "Charts",
    by: (one) => one.charts,
    cell: (one) => (given(one) && one.charts_on_load === one.charts ? number(one.charts) : chartsOnLoad(one)),
  },
  queries: { title: "Queries", by: (one) => (given(one) ? one.queries_on_load : null), cell: queriesOnLoad },
  fanout: {
    title: "Widest filter",
    by: (one) => (one.widest_filter && given(one) ? one.widest_filter[1] : null),
    cell: (one) =>
      one.widest_filter
        ? [name(one.widest_filter[0]), given(one) ? `: ${plural(one.widest_filter[1], "chart")}` : "", h("small", { text: memory(one.widest_filter_memory) })]
        : h("span", { class: "none", text: "no filter" }),
  },
  findings: {
    title: "Findings",
    by: (one) => (findingsOf.get(one.uuid) || []).reduce((sum, finding) => sum + 1000 ** (2 - SEVERITIES.indexOf(finding.severity)), 0),
    cell: (one) => counts(findingsOf.get(one.uuid) || []),
  },
};

const mostMemory = Math.max(1, ...data.dashboards.map((one) => one.memory_on_load[1] ?? one.memory_on_load[0] ?? 0));

/** Whether any of its charts was given: without, what it asks of a server is not known. */
function given(one) {
  return !one.page || one.page.given;
}

function chartsOnLoad(one) {
  return `${given(one) ? number(one.charts_on_load) : "unknown"} of ${number(one.charts)}`;
}

function queriesOnLoad(one) {
  return given(one) ? number(one.queries_on_load) : "unknown";
}

function titleCell(one) {
  const owners = one.page ? one.page.owners.join(", ") : "";
  return [link({ dashboard: one.uuid }, name(one.title)), owners && h("small", { text: owners })].filter(Boolean);
}

/** Everything of a dashboard that a search looks into. */
function searched(one) {
  if (one.searched === undefined) {
    const page = one.page || { owners: [], charts: [], filters: [], slug: null };
    const texts = [one.title, one.uuid, one.file, one.id, page.slug, ...page.owners, ...page.charts.map((chart) => chart.name)];
    one.searched = texts.filter((text) => text !== null && text !== undefined).join("\n").toLowerCase();
  }
  return one.searched;
}

const CHOICES = {
  owner: { title: "Owner", of: (one) => (one.page ? one.page.owners : []) },
  database: { title: "Database", of: (one) => (one.page ? one.page.databases : []) },
  finding: { title: "Rule", of: (one) => [...new Set((findingsOf.get(one.uuid) || []).map((finding) => finding.rule))] },
};

/** The first page. `parameters` are what the address tells of search, choices and order. */
function overview(parameters) {
  if (data.deployment) {
    const none = data.findings.length ? [] : [h("p", { text: "No rule found anything." })];
    return [h("h1", { tabindex: "-1", text: "Deployment" }), ...none, ...(none.length ? [] : findingSection(data.findings))];
  }
  const state = { q: "", sort: "memory", down: "1", ...Object.fromEntries(parameters) };
  if (!(state.sort in COLUMNS)) state.sort = "memory";
  const body = h("tbody");
  const status = h("p", { class: "status", role: "status" });
  const foot = h("div");
  const buttons = new Map();
  const table = h(
    "table",
    { class: "dashboards", role: "table" },
    h("caption", { class: "unseen", text: "Dashboards" }),
    h("thead", null, h("tr", null, Object.entries(COLUMNS).map(([key, column]) => {
      const button = h("button", { type: "button", text: column.title, onclick: () => sortBy(key) });
      const cell = h("th", { scope: "col", role: "columnheader", class: column.text ? null : key }, button);
      buttons.set(key, cell);
      return cell;
    }))),
    body,
  );

  function sortBy(key) {
    state.down = state.sort === key ? (state.down === "1" ? "0" : "1") : COLUMNS[key].text ? "0" : "1";
    state.sort = key;
    update();
  }

  function update() {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const column = COLUMNS[state.sort];
    const sign = state.down === "1" ? -1 : 1;
    const found = data.dashboards
      .filter((one) => words.every((word) => searched(one).includes(word)))
      .filter((one) => Object.keys(CHOICES).every((key) => !state[key] || CHOICES[key].of(one).includes(state[key])))
      .map((one) => [column.by(one), one])
      .sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * (a < b ? -1 : a > b ? 1 : 0)))
      .map(([, one]) => one);
    for (const [key, cell] of buttons) {
      cell.setAttribute("aria-sort", key === state.sort ? (state.down === "1" ? "descending" : "ascending") : "none");
    }
    body.replaceChildren();
    foot.replaceChildren(portions(body, found, row));
    status.textContent = found.length === data.dashboards.length
      ? plural(found.length, "dashboard")
      : `${number(found.length)} of ${plural(data.dashboards.length, "dashboard")}`;
    const kept = Object.entries(state).filter(([key, value]) => value && !(key === "sort" && value === "memory") && !(key === "down" && value === "1"));
    // An address to keep or to send, without a step in the history for each letter.
    history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
  }

  const search = h("input", {
    type: "search",
    id: "search",
    placeholder: "Search titles, charts, owners …",
    "aria-label": "Search dashboards",
    "aria-keyshortcuts": "/",
    oninput: () => {
      state.q = search.value;
      update();
    },
  });
  search.value = state.q;
  const chosen = Object.entries(CHOICES).map(([key, choice]) => {
    const values = [...new Set(data.dashboards.flatMap(choice.of))].sort();
    if (!values.length) return null;
    const select = h(
      "select",
      {
        "aria-label": choice.title,
        onchange: () => {
          state[key] = select.value;
          update();
        },
      },
      h("option", { value: "", text: `${choice.title}: any` }),
      values.map((value) => h("option", { value, text: value })),
    );
    select.value = values.includes(state[key]) ? state[key] : "";
    state[key] = select.value;
    return select;
  });
  const made = [
    h("h1", { tabindex: "-1", text: "Dashboards" }),
    h("div", { class: "tools", role: "search" }, search, chosen, status),
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of dashboards" }, table),
    foot,
    ...ruleTable(),
    ...remarks(),
  ];
  update();
  return made;
}

function row(one) {
  return h(
    "tr",
    { role: "row" },
    Object.entries(COLUMNS).map(([key, column]) =>
      column.text ? h("th", { scope: "row", role: "rowheader" }, column.cell(one)) : h("td", { class: key, role: "cell" }, column.cell(one)),
    ),
  );
}

/** What could not be used, and what was not known. */
function remarks() {
  const made = [];
  if (data.problems.length) {
    const list = h("ul");
    const lines = (problem) => h("li", null, problem.file ? h("code", { text: problem.line ? `${problem.file}:${problem.line}` : problem.file }) : null, " ", problem.message);
    made.push(h("h2", { text: "Problems: not everything could be used" }), list, portions(list, data.problems, lines, 20));
  }
  if (data.notes.length) {
    made.push(h("h2", { text: "What was not known" }), h("ul", null, data.notes.map((text) => h("li", { text }))));
  }
  return made;
}
