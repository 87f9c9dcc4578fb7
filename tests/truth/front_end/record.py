"""Asks the front ends that Superset ships for the queries of made-up charts.

Each released package holds its compiled front end in ``superset/static``. A headless Chromium
opens that bundle on an empty page, without any Superset behind it, and calls the functions that
a dashboard calls: the one that completes the form data, and the chart type's query builder.

    python -m tests.truth.front_end.record VERSION STATIC_FOLDER [CHROMIUM]

writes ``data/front_end/VERSION.json.gz``. Needs Playwright for Python.
"""

from __future__ import annotations

import gzip
import html
import json
import random
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.truth.front_end import cases
from tests.truth.front_end.shape import as_captured

DATA = Path(__file__).parent.parent / "data" / "front_end"
FLAGS = {"AG_GRID_TABLE_ENABLED": True, "CHART_PLUGINS_EXPERIMENTAL": True}
PLAIN, ODD = 12, 4  # charts of each type
_BOOTSTRAP = {
    "common": {
        "conf": {"SQL_MAX_ROW": 100_000, "NATIVE_FILTER_DEFAULT_ROW_LIMIT": 1_000},
        "feature_flags": FLAGS,
        "locale": "en",
        "language_pack": {"domain": "superset", "locale_data": {"superset": {"": {"lang": "en"}}}},
        "d3_format": {},
        "d3_time_format": {},
        "currencies": [],
        "extra_categorical_color_schemes": [],
        "extra_sequential_color_schemes": [],
        "theme_overrides": {},
        "theme": {"default": {}, "dark": {}},
        "flash_messages": [],
        "menu_data": {
            "menu": [],
            "brand": {"path": "/", "icon": "", "alt": "", "tooltip": "", "text": ""},
            "navbar_right": {
                "languages": {"en": {"flag": "us", "name": "English", "url": "/"}},
                "locale": "en",
            },
            "settings": [],
            "environment_tag": {"text": "", "color": ""},
        },
    },
    "user": {"userId": 1, "permissions": {}, "roles": {}},
}
#: Finds the registries and applyDefaultFormData in the bundle: names are mangled, texts are not.
_PREPARE = """async files => {
  for (let i = 0; i < files.length; i += 20) {
    await Promise.all(files.slice(i, i + 20).map(file => new Promise(done => {
      const script = document.createElement('script');
      script.src = '/static/assets/' + file;
      script.onload = script.onerror = done;
      document.head.appendChild(script);
    })));
  }
  let load;
  webpackChunksuperset.push([['recorder'], {}, given => { load = given }]);
  const find = text => Object.keys(load.m).filter(id => load.m[id].toString().includes(text));
  const registry = name => Object.values(load(find(`name:"${name}"`)[0]))[0]();
  const types = registry('ChartMetadata');
  if (!types.keys().length) {
    for (const setup of Object.values(load(find('Legacy charts')[0]))) setup();
  }
  window.builders = registry('ChartBuildQuery');
  for (const id of find('.split("__")[1]')) {
    if (load.m[id].toString().length > 20000) continue;
    for (const item of Object.values(load(id))) {
      if (typeof item === 'function' && item.toString().includes('split("__")')) window.complete = item;
    }
  }
  const found = {};
  for (const name of types.keys()) {
    const metadata = await types.get(name);
    if (!metadata.useLegacyApi && !name.startsWith('filter_') && !name.startsWith('chart_custom')) {
      found[name] = Object.keys(window.complete({viz_type: name, datasource: '1__table'}));
    }
  }
  return found;
}"""
_ASK = """async charts => {
  const answers = [];
  for (const [index, chart] of charts.entries()) {
    try {
      const params = {datasource: '1__table', slice_id: index + 1, ...chart.params, viz_type: chart.viz_type};
      // A server gives a chart's form data with their keys sorted.
      const given = Object.fromEntries(Object.keys(params).sort().map(key => [key, params[key]]));
      const form = {...window.complete(given), extra_filters: [], force: false};
      if (chart.extra !== null) form.extra_form_data = chart.extra;
      const name = window.builders.has(chart.viz_type) ? chart.viz_type : 'big_number_total';
      const build = await window.builders.get(name);
      const hooks = {setDataMask() {}, setCachedChanges() {}};
      const sent = build(form, {ownState: chart.own_state, hooks});
      answers.push({queries: JSON.parse(JSON.stringify(sent.queries))});
    } catch (error) {
      answers.push({error: String(error)});
    }
  }
  return answers;
}"""


def serve(static: Path) -> ThreadingHTTPServer:
    """The bundle, and a page that starts it, on a free port."""
    entries = json.loads((static / "assets" / "manifest.json").read_text("utf-8"))["entrypoints"]
    scripts = "".join(f'<script src="{name}"></script>' for name in entries["spa"]["js"])
    boot = html.escape(json.dumps(_BOOTSTRAP))
    app = f'<div id="app" data-bootstrap="{boot}"></div>'
    page = f'<html><head><meta charset="utf-8"></head><body>{app}{scripts}'

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def translate_path(self, path: str) -> str:
            return str(static) + path.split("?", maxsplit=1)[0].removeprefix("/static")

        def do_GET(self) -> None:
            if self.path.startswith("/static"):
                return super().do_GET()
            body = b'{"result": {}}' if self.path.startswith("/api") else page.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def record(version: str, static: Path, chromium: str) -> list[dict[str, Any]]:
    server = serve(static)
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/superset/dashboard/1/")
        page.wait_for_timeout(2_500)
        chunks = sorted(path.name for path in (static / "assets").glob("*.chunk.js"))
        controls = page.evaluate(_PREPARE, chunks)
        r = random.Random(version)
        charts = [
            cases.make(name, keys, r, odd=index >= PLAIN)
            for name, keys in {**controls, "unknown": []}.items()
            if name != "cartodiagram"
            for index in range(PLAIN + ODD)
        ]
        if version == "4.1":  # works out "inherit" by the clock
            for chart in charts:
                if chart["params"].get("time_compare") == ["inherit"]:
                    chart["params"]["time_compare"] = ["1 day ago"]
        answers = page.evaluate(_ASK, charts)
        browser.close()
    server.shutdown()
    return [
        {**chart, **answer, "queries": [as_captured(q) for q in answer.get("queries", ())]}
        for chart, answer in zip(charts, answers, strict=True)
    ]


def main() -> None:
    version, static = sys.argv[1], Path(sys.argv[2])
    chromium = sys.argv[3] if len(sys.argv) > 3 else "/usr/bin/chromium"
    found = record(version, static, chromium)
    DATA.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, separators=(",", ":"), sort_keys=False).encode()
    (DATA / f"{version}.json.gz").write_bytes(gzip.compress(text, mtime=0))
    sys.stderr.write(
        f"{len(found)} charts of {version}, {sum('error' in one for one in found)} cannot be built\n"
    )


if __name__ == "__main__":
    main()
