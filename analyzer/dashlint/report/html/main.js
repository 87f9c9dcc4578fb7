// Which page is shown, by the fragment of the address: #dashboard=UUID (and &at=SECTION), #rule=CODE, else the overview.

const main = document.getElementById("main");
const byUuid = new Map(data.dashboards.map((one) => [one.uuid, one]));
let drawn = false;

function show() {
  // What a browser sends to for "Skip to the content" is no page of ours.
  if (location.hash === "#main") return main.focus();
  const parameters = new URLSearchParams(location.hash.slice(1));
  const dashboard = byUuid.get(parameters.get("dashboard"));
  const rule = parameters.get("rule");
  const made = dashboard ? dashboardPage(dashboard) : rule ? rulePage(rule) : overview(parameters);
  if (parameters.has("dashboard") && !dashboard) made.unshift(h("p", { class: "hint", role: "alert", text: "The address names a dashboard that is not in this report." }));
  main.replaceChildren(...made);
  document.title = `${main.querySelector("h1").textContent} – dashlint`;
  const at = parameters.get("at") in SECTIONS && document.getElementById(`at-${parameters.get("at")}`);
  if (at) {
    at.focus({ preventScroll: true });
    at.scrollIntoView();
  } else if (drawn) {
    main.querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  drawn = true;
}

const read = data.read;
const more = [
  `Superset ${data.superset}${data.assumed ? " (assumed)" : ""}`,
  data.suppressed ? `${plural(data.suppressed, "finding")} suppressed` : "",
  data.accepted ? `${plural(data.accepted, "finding")} accepted by the baseline` : "",
  `dashlint ${data.version}`,
];
document.getElementById("read").textContent = [read, ...more].filter(Boolean).join(" · ");

// Light or dark: as the system has it, until somebody chooses.
const theme = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => document.documentElement.dataset.theme || (system.matches ? "dark" : "light");
const label = () => (theme.textContent = chosen() === "dark" ? "Light mode" : "Dark mode");
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = chosen() === "dark" ? "light" : "dark";
  label();
});
system.addEventListener("change", label);
label();

document.addEventListener("keydown", (event) => {
  const search = document.getElementById("search");
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "/" && search && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
});
addEventListener("hashchange", show);
show();
