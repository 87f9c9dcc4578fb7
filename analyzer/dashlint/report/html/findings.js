// Findings: what is wrong, why it matters, what to do.

function findingSection(found) {
  const list = h("div", { class: "findings" });
  return [
    section("findings", " ", counts(found)),
    list,
    portions(list, found, (finding) => findingItem(finding, false), 50),
  ];
}

/** A finding; `short` leaves out whom it is about. The rule's page is made when it is first opened. */
function findingItem(finding, short) {
  const rule = data.rules[finding.rule];
  const why = h("div", { class: "why" });
  const more = h(
    "details",
    { ontoggle: () => more.open && !why.hasChildNodes() && why.append(...(rule ? markdown(rule.body) : [])) },
    h("summary", { text: "Why, and what to use instead" }),
    why,
  );
  return h(
    "article",
    { class: `finding ${finding.severity}` },
    h(
      "p",
      { class: "line" },
      h("span", { class: `badge ${finding.severity}`, text: finding.severity === "info" ? "note" : finding.severity }),
      " ",
      link({ rule: finding.rule }, `${finding.rule} ${finding.name}`),
      short ? null : [" · ", `${finding.asset.kind} `, h("strong", null, name(finding.asset.name))],
    ),
    h("p", null, name(finding.message)),
    finding.advice ? h("p", { class: "advice" }, "→ ", name(finding.advice)) : null,
    finding.proposal.length ? h("pre", { tabindex: "0", "aria-label": "SQL", text: finding.proposal.join("\n") }) : null,
    finding.proof ? h("p", { class: "hint", text: finding.proof }) : null,
    finding.fix ? h("p", { class: "hint", text: `Fix (${finding.fix.safety}): ${finding.fix.description}` }) : null,
    h(
      "p",
      { class: "hint" },
      [
        finding.memory ? `Memory ${memory(finding.memory)}` : null,
        finding.saving ? `saves ${memory(finding.saving)}` : null,
        `${finding.confidence} confidence`,
        finding.field,
        finding.place,
      ].filter(Boolean).join(" · "),
    ),
    rule && rule.body ? more : null,
  );
}

/** All rules that found something. */
function ruleTable() {
  if (!data.findings.length) return [h("h2", { text: "Findings" }), h("p", { text: "No rule found anything." })];
  const rules = [...grouped(data.findings, (finding) => [finding.rule])].map(([code, found]) => [
    code,
    found,
    Math.min(...found.map((finding) => SEVERITIES.indexOf(finding.severity))),
  ]);
  rules.sort((a, b) => a[2] - b[2] || b[1].length - a[1].length);
  return [
    h("h2", null, "Findings ", counts(data.findings)),
    h(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of rules" },
      h(
        "table",
        { class: "rules" },
        h("caption", { class: "unseen", text: "Rules that found something" }),
        h("thead", null, h("tr", null, ["Rule", "What it finds", "Dashboards", "Findings"].map((text) => h("th", { scope: "col", text })))),
        h("tbody", null, rules.map(([code, found]) =>
          h(
            "tr",
            null,
            h("th", { scope: "row" }, link({ rule: code }, `${code} ${found[0].name}`)),
            h("td", null, data.rules[code] ? inline(data.rules[code].summary) : null),
            h("td", { class: "number" }, link({ finding: code }, number(new Set(found.flatMap((finding) => finding.dashboards)).size))),
            h("td", null, counts(found)),
          ),
        )),
      ),
    ),
  ];
}

/** A rule, why it is one, and everything that it found. */
function rulePage(code) {
  const found = data.findings.filter((finding) => finding.rule === code);
  const rule = data.rules[code] || { summary: "", body: "" };
  return [
    h("p", { class: "crumbs" }, link({}, "All dashboards")),
    h("h1", { tabindex: "-1", text: found.length ? `${code} ${found[0].name}` : code }),
    h("p", null, inline(rule.summary)),
    h("div", { class: "why" }, markdown(rule.body)),
    rule.url ? h("p", null, h("a", { href: rule.url, rel: "noreferrer", text: "The rule with its options, on the web" })) : null,
    ...findingSection(found),
  ];
}
