"""What Superset compiles a query to, and when two statements are the same.

Superset is asked with ``result_type: "query"`` (``explore_json/?query=true`` for charts that post form
data): it answers with SQL and runs no chart's query. Statements are compared as sqlglot's trees,
without quotes and brackets; of moments only the day counts, as both sides read their own clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import requests
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from dashlint.assets import Chart, Dataset, Workspace
from dashlint.chart_sql.compiling import Surroundings, statements
from dashlint.chart_sql.model import Statement
from dashlint.sql.dialects import grammar
from dashlint.superset import form_data, queries
from dashlint.superset.query import Query
from tests.live.superset_client import SupersetSession
from tests.live.superset_server import SupersetServer

#: Texts that hold a moment; relative ranges differ by the time between both readings of the clock.
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d+)?)?")
Answer = Mapping[str, Any]
#: Who asks; what a template shows of the user is a placeholder in our text.
USER = "alpha"


class Compared(NamedTuple):
    """One query: what it is called, our statement, and Superset's answer."""

    name: str
    ours: Statement
    theirs: Answer
    engine: str

    @property
    def refused(self) -> bool:
        """Whether Superset compiles nothing."""
        return self.theirs.get("query") is None

    def difference(self) -> str | None:
        """None where both are the same, or both refuse."""
        if self.refused or self.ours.error is not None:
            if self.refused and self.ours.error is not None:
                return None
            return f"{self.name}: {self.ours.error or self.ours.sql}\nbut {str(dict(self.theirs))[:600]}"
        known = self.ours.sql.replace("dashlint_current_username", USER)
        ours, theirs = normal(known, self.engine), normal(self.theirs["query"], self.engine)
        return None if ours == theirs else f"{self.name}:\n{ours}\nbut\n{theirs}"


class Asker:
    """Asks one Superset for the SQL of queries. ``ids`` are of datasets, by their uuid."""

    def __init__(self, server: SupersetServer) -> None:
        self.session = SupersetSession(server.url, server.username, server.password)
        self._browser = _logged_in(server)
        self._url = server.url

    def datasets(self) -> dict[str, int]:
        """Ids of datasets by uuid."""
        query = "(columns:!(id,uuid),page_size:100)"
        found = self.session.get(f"/api/v1/dataset/?q={query}").json()["result"]
        return {one["uuid"]: one["id"] for one in found}

    def ask(
        self, datasource: int, sent: Sequence[Mapping[str, Any]], form: Mapping[str, Any]
    ) -> list[Answer]:
        """Superset's answer to each query of one request: ``query`` (SQL), or ``error``.

        One query that is refused takes the whole request with it.
        """
        body = {
            "datasource": {"id": datasource, "type": "table"},
            "queries": [{**query, "post_processing": _steps(query)} for query in sent],
            "form_data": dict(form),
            "result_type": "query",
            "result_format": "json",
            "force": False,
        }
        # ``undefined`` in a list is sent as null.
        text = json.dumps(body, default=lambda _: None)
        # As a browser asks: with a token instead, templates do not know the user's name.
        answer = self._browser.post(
            f"{self._url}/api/v1/chart/data", data=text, headers={"Content-Type": "application/json"}
        )
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            return [{"error": answer.text[:400]} for _ in sent]
        return [{"result": True, **one} for one in answer.json()["result"]]

    def run(self, datasource: int, query: Mapping[str, Any]) -> list[str]:
        """The statements that Superset runs for a query, its time offsets' among them."""
        body = {
            "datasource": {"id": datasource, "type": "table"},
            "queries": [{**query, "post_processing": []}],
            "result_type": "full",
            "force": True,
        }
        answer = self._browser.post(f"{self._url}/api/v1/chart/data", json=body)
        answer.raise_for_status()
        text: str = answer.json()["result"][0]["query"]
        return [statement for statement in re.split(r";\s*", text) if statement.strip()]

    def ask_legacy(self, datasource: int, form: Mapping[str, Any]) -> Answer:
        """The same for a chart that posts form data."""
        body = {"form_data": json.dumps({**form, "datasource": f"{datasource}__table"})}
        answer = self._browser.post(f"{self._url}/superset/explore_json/?query=true", data=body)
        found = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else {}
        return {
            "result": True,
            "query": found.get("query"),
            "error": found.get("errors") or answer.text[:400],
        }

    def charts(self, workspace: Workspace, surroundings: Any) -> Iterator[Compared]:
        """Every query of every chart, without filters. ``surroundings`` makes them for an engine."""
        ids = self.datasets()
        for chart in workspace.charts:
            dataset = workspace.dataset_of(chart)
            database = workspace.database_of(dataset) if dataset is not None else None
            if dataset is not None and database is not None and database.engine is not None:
                yield from self.chart(chart, dataset, ids[dataset.uuid], surroundings(database.engine))

    def chart(
        self,
        chart: Chart,
        dataset: Dataset,
        datasource: int,
        where: Surroundings,
        extra: Mapping[str, Any] | None = None,
    ) -> Iterator[Compared]:
        """The queries of one chart, compiled by both."""
        settings = where.settings
        built = queries.build(chart, dataset, settings, extra or {})
        legacy = queries.is_legacy(chart.viz_type, settings)
        form = form_data.merge_into(form_data.complete(chart, settings), extra or {})
        # An annotation layer would read another chart's saved query; it changes no SQL of this one.
        form = {k: v for k, v in form.items() if k not in ("annotation_layers", "slice_id")}
        if not built:
            return
        answers: Sequence[Answer]
        if legacy:
            answers = [self.ask_legacy(datasource, form)]
        else:
            answers = self.ask(datasource, [query.raw for query in built], form)
        found = [
            self.compared(
                f"{chart.viz_type} {chart.name!r} query {place}", query, dataset, where, answer, legacy=legacy
            )
            for place, (query, answer) in enumerate(zip(built, answers, strict=True))
        ]
        if all("result" not in one.theirs for one in found) and any(one.ours.error for one in found):
            return
        yield from found

    @staticmethod
    def compared(
        name: str,
        query: Query,
        dataset: Dataset,
        where: Surroundings,
        answer: Answer,
        *,
        legacy: bool = False,
    ) -> Compared:
        ours = statements(query, dataset, where, legacy=legacy)[0]
        return Compared(name, ours, answer, where.engine or "")


def _steps(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Steps are kept as names only. Shares are the one that matters: a totals query loses its LIMIT."""
    shares = "contribution" in (query.get("post_processing") or ())
    return [{"operation": "contribution", "options": {}}] if shares else []


def _logged_in(server: SupersetServer) -> requests.Session:
    """A browser's session: ``explore_json`` takes no token."""
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{server.url}/login/").text
    token = re.search(r'csrf_token[^>]*?value="([^"]+)"', page) or re.search(
        r"csrf_token&#34;: &#34;([^&]+)&#34;", page
    )
    body = {"username": USER, "password": USER}
    if token is not None:
        body["csrf_token"] = token.group(1)
    session.post(f"{server.url}/login/", data=body).raise_for_status()
    return session


def normal(sql: str, engine: str) -> str:
    """One spelling for statements that mean the same to a reader of SQL."""
    dialect = grammar(engine).name or None
    try:
        tree = parse_one(sql.strip().rstrip(";"), read=dialect)
    except SqlglotError:
        return " ".join(sql.split())
    return tree.transform(_plain).sql(dialect=dialect, comments=False, normalize_functions="upper")


def _plain(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Paren):
        inner: exp.Expression = node.this.transform(_plain)
        return inner
    if isinstance(node, exp.Identifier):
        node.args["quoted"] = False
    if isinstance(node, exp.Literal) and node.is_string:
        node.set("this", _MOMENT.sub(lambda found: found.group()[:10], node.name))
    return node
