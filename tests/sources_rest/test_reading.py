"""The cheapest plan that an account allows, and nothing lost or hidden on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashlint.assets import Problem, Workspace
from dashlint.sources.errors import SourceError
from dashlint.sources.rest import Credentials, ServerRequest, open_server
from tests.sources_rest.conftest import Waits
from tests.sources_rest.stub import Reply, Stub
from tests.sources_rest.world import World, small, uuid

ANN = Credentials(token="t0k3n-of-ann")
LIMITED = {"Gamma": [["can_read", "Chart"], ["can_export", "Dashboard"], ["can_export", "Chart"]]}
READER = {"Reader": [["can_read", "Chart"], ["all_datasource_access", "all_datasource_access"]]}


def read(
    stub: Stub, *dashboards: str, published_only: bool = False, progress: Callable[..., None] | None = None
) -> Workspace:
    request = ServerRequest(stub.url, dashboards=dashboards, published_only=published_only)
    with open_server(request, ANN) as server:
        return server.read(progress)


def paths(stub: Stub) -> list[str]:
    return sorted(r.path.removeprefix("/api/v1/") for r in stub.requests)


def counts(workspace: Workspace) -> tuple[int, int, int, int]:
    return (
        len(workspace.dashboards),
        len(workspace.charts),
        len(workspace.datasets),
        len(workspace.databases),
    )


def told(workspace: Workspace) -> str:
    assert all(isinstance(problem, Problem) for problem in workspace.problems)
    return "\n".join(problem.message for problem in workspace.problems)


def is_whole(workspace: Workspace) -> bool:
    """Whether every reference leads somewhere."""
    return (
        counts(workspace) == (2, 4, 3, 1)
        and all(workspace.dataset_of(chart) for chart in workspace.charts)
        and all(workspace.database_of(dataset) for dataset in workspace.datasets)
        and all(p.chart for d in workspace.dashboards for p in workspace.placements(d))
        and all(
            workspace.target_dataset(d, t) for d in workspace.dashboards for f in d.filters for t in f.targets
        )
    )


def test_an_admin_needs_one_export_and_one_page_of_each_list(stub: Stub) -> None:
    small(stub)
    workspace = read(stub)
    assert paths(stub) == [
        "/version",
        "assets/export/",
        "chart/",
        "dashboard/",
        "database/",
        "dataset/",
        "me/roles/",
    ]
    assert is_whole(workspace)
    assert workspace.problems == ()
    assert workspace.superset_version == "6.1.0"
    assert workspace.url == stub.url


def test_lists_add_what_exports_lack(stub: Stub) -> None:
    small(stub, ids_in_names=False, version="4.1.4")
    workspace = read(stub)
    sales, stock = workspace.dashboards
    assert (sales.id, sales.published, sales.owners, sales.slug) == (1, True, ("Ann Other",), "sales")
    assert stock.published is False
    assert [dataset.id for dataset in workspace.datasets] == [1, 2, 3]
    assert [dataset.database_id for dataset in workspace.datasets] == [1, 1, 1]
    assert [chart.dataset_id for chart in workspace.charts] == [1, 1, 2, 3]
    assert [database.backend for database in workspace.databases] == ["postgresql"]
    origins = [*(c.origin for c in workspace.charts), *(d.origin for d in workspace.datasets)]
    assert {(origin.root, origin.file) for origin in origins} == {(stub.url, None)}


def test_a_table_name_that_ends_in_a_number_is_no_id_before_6_0(stub: Stub) -> None:
    world = small(stub, ids_in_names=False, version="5.0.0")
    world.dataset(9, "sales_2024")
    workspace = read(stub, "Sales", "Stock of today")
    assert {dataset.id for dataset in workspace.datasets} == {None}


def test_objects_that_collapse_into_one_file_are_fetched_by_themselves(stub: Stub) -> None:
    world = small(stub, ids_in_names=False, version="4.1.4")
    # Three tables of one name in three schemas, and two databases whose names differ in a sign only.
    world.dataset(7, "orders")
    world.dataset(8, "orders")
    world.database(2, "warehouse!")
    world.dataset(9, "visits", database=2)
    world.chart(9, "Visits", dataset=9)
    world.chart(7, "Other orders", dataset=7)
    workspace = read(stub)
    assert counts(workspace) == (2, 6, 6, 2)
    assert all(workspace.dataset_of(chart) for chart in workspace.charts)
    assert all(workspace.database_of(dataset) for dataset in workspace.datasets)
    assert workspace.problems == ()
    exports = [(r.path, r.query["q"]) for r in stub.requests if r.path.endswith("/export/") and r.query]
    assert exports == [
        ("/api/v1/dataset/export/", "!(7,8)"),
        ("/api/v1/dataset/export/", "!(8)"),
        ("/api/v1/database/export/", "!(2)"),
    ]


def test_where_the_whole_is_refused_batches_serve(stub: Stub) -> None:
    world = small(stub)
    world.closed.add("assets/export/")
    world.dataset(9, "unused")
    workspace = read(stub)
    assert counts(workspace) == (2, 4, 4, 1)
    assert stub.asked("GET /api/v1/dashboard/export/")[0].query == {"q": "!(1,2)"}
    assert workspace.problems == ()


def test_who_may_not_export_all_does_not_ask_for_it(stub: Stub) -> None:
    world = small(stub)
    world.roles = {"Some": [["can_export", "Dashboard"], ["all_datasource_access", "all_datasource_access"]]}
    read(stub)
    assert stub.asked("GET /api/v1/assets/export/") == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"message": "Fatal error"}, 500),
        Reply({}, 504),
        Reply("<html><title>502</title>", 502),
        Reply(b"PK\x03\x04 cut short"),
        Reply({"result": "no ZIP"}),
        Reply("<html><title>Log in</title>"),
        Reply(b"PK" + b"x" * 1000, cut=500),
    ],
)
def test_where_the_whole_does_not_come_batches_serve(stub: Stub, waits: Waits, reply: Reply) -> None:
    small(stub)
    stub.answers["GET /api/v1/assets/export/"] = reply
    assert is_whole(read(stub))


def test_one_broken_object_hides_no_other(stub: Stub) -> None:
    world = small(stub)
    world.with_pages()
    for number in range(10, 30):
        world.chart(number, f"Chart {number}")
        world.dashboard(number, f"Dashboard {number}", [number])
    world.with_pages()
    # An exporter that stumbles over one dashboard answers 500 for every batch with it.
    world.broken.add(("dashboard", 2))
    workspace = read(stub)
    assert counts(workspace) == (22, 24, 3, 1)
    assert workspace.problems == ()
    assert stub.asked("GET /api/v1/dashboard/2")
    assert not stub.asked("GET /api/v1/dashboard/1")


def test_exports_that_always_fail_are_given_up(stub: Stub) -> None:
    world = World(stub)
    world.database(1, "warehouse")
    world.dataset(1, "orders")
    for number in range(1, 61):
        world.chart(number, f"Chart {number}")
        world.dashboard(number, f"Dashboard {number}", [number])
        world.broken.add(("dashboard", number))
    world.with_pages()
    assert counts(read(stub)) == (60, 60, 1, 1)
    assert len(stub.asked("GET /api/v1/dashboard/export/")) < 20


def test_object_by_object_gives_what_an_export_gives(stub: Stub) -> None:
    world = small(stub)
    world.with_pages()
    exported = read(stub)
    world.roles = READER
    world.closed |= {f"{kind}/export/" for kind in ("assets", "dashboard", "chart", "dataset", "database")}
    # Over REST, filters name their datasets by id.
    world.objects["dashboard"][1]["metadata"]["native_filter_configuration"][0]["targets"] = [
        {"datasetId": 1, "column": {"name": "country"}}
    ]
    world.with_pages()
    stub.requests.clear()
    single = read(stub)
    assert is_whole(single)
    assert not any(r.path.endswith("/export/") for r in stub.requests)
    for ours, theirs in zip(single.dashboards, exported.dashboards, strict=True):
        assert (ours.uuid, ours.title, ours.slug) == (theirs.uuid, theirs.title, theirs.slug)
        assert (ours.position, ours.metadata) == (theirs.position, theirs.metadata)
    for chart, other in zip(single.charts, exported.charts, strict=True):
        assert (chart.uuid, chart.params, chart.dataset_uuid) == (
            other.uuid,
            other.params,
            other.dataset_uuid,
        )
    for dataset, other_one in zip(single.datasets, exported.datasets, strict=True):
        assert (dataset.uuid, dataset.columns) == (other_one.uuid, other_one.columns)
        assert dataset.database_uuid == other_one.database_uuid


def test_charts_that_no_place_of_the_layout_holds_get_one(stub: Stub) -> None:
    world = small(stub)
    world.roles = READER
    world.dashboard(3, "Lost and found", [1], unplaced=[2, 4])
    world.with_pages()
    found = read(stub)
    (lost,) = (d for d in found.dashboards if d.id == 3)
    assert [p.chart.id for p in found.placements(lost) if p.chart] == [1, 2, 4]


def test_what_an_account_may_not_see_is_counted(stub: Stub) -> None:
    world = small(stub)
    world.roles = LIMITED
    world.hidden |= {("chart", 4), ("dataset", 3), ("dataset", 2)}
    world.with_pages()
    workspace = read(stub)
    # The dashboards' own pages still tell of the chart, and of the datasets.
    assert counts(workspace) == (2, 4, 3, 1)
    (stock,) = (dataset for dataset in workspace.datasets if dataset.name == "stock")
    assert [column.name for column in stock.columns] == ["ds", "country", "stock"]
    assert stock.column_by_name["ds"].is_temporal
    text = told(workspace)
    assert {problem.kind for problem in workspace.problems} == {"permission-denied"}
    assert "the account 'ann' (Gamma) reads 1 chart only as far as dashboards tell" in text
    assert "reads 2 datasets only as far as dashboards tell" in text
    assert "may not see everything: 2 dashboards, 4 charts, 3 datasets were read" in text


def test_drafts_of_others_are_counted(stub: Stub) -> None:
    world = small(stub)
    world.roles = {"Alpha": [*world.roles["Admin"], ["all_datasource_access", "all_datasource_access"]]}
    world.hidden.add(("dashboard", 2))
    workspace = read(stub)
    assert counts(workspace) == (1, 4, 3, 1)
    assert told(workspace) == (
        "the account 'ann' (Alpha) cannot open 1 dashboard with charts that it can (drafts, for one)"
    )


def test_what_an_admin_does_not_find_is_gone_and_no_matter_of_permissions(stub: Stub) -> None:
    world = small(stub)
    del world.objects["chart"][4]
    world.objects["dashboard"][2]["charts"] = [3]
    workspace = read(stub)
    assert counts(workspace) == (2, 3, 3, 1)
    assert workspace.problems == ()
    assert len(stub.requests) == 7


def test_closed_lists_are_told(stub: Stub) -> None:
    world = small(stub)
    world.roles = LIMITED
    world.closed |= {"dataset/", "database/", "dataset", "database"}
    world.with_pages()
    text = told(read(stub))
    assert "the account 'ann' (Gamma) may not list datasets: it lacks can_read on Dataset" in text
    assert "may not list databases" in text


def test_without_a_page_about_the_account_the_plan_finds_its_way(stub: Stub) -> None:
    world = small(stub)
    world.closed |= {"me/roles/", "assets/export/", *(f"{kind}/export/" for kind in ("dashboard", "chart"))}
    world.closed |= {"dataset/export/", "database/export/"}
    world.with_pages()
    workspace = read(stub)
    assert is_whole(workspace)
    # 100 charts a request, not one.
    assert not [r for r in stub.requests if r.path.startswith("/api/v1/chart/") and r.path[-1].isdigit()]


def test_an_account_that_sees_nothing_is_told_so(stub: Stub) -> None:
    world = small(stub)
    world.roles = LIMITED
    world.hidden |= {(kind, n) for kind, all_of in world.objects.items() for n in all_of}
    with pytest.raises(SourceError, match=r"'ann' \(Gamma\) sees no dashboard, chart or dataset") as caught:
        read(stub)
    assert (caught.value.kind, caught.value.exit_code) == ("nothing-visible", 3)


def test_an_account_that_may_do_nothing_is_told_so(stub: Stub) -> None:
    world = small(stub)
    world.roles = {"Nobody": []}
    world.closed |= {f"{kind}/" for kind in ("dashboard", "chart", "dataset", "database")}
    with pytest.raises(SourceError, match="may read nothing") as caught:
        read(stub)
    assert (caught.value.kind, caught.value.exit_code) == ("permission-denied", 4)


def test_lists_have_pages(stub: Stub) -> None:
    world = small(stub)
    for number in range(100, 450):
        world.chart(number, f"Chart {number}")
    workspace = read(stub)
    assert len(workspace.charts) == 354
    assert len(stub.asked("GET /api/v1/chart/")) == 4


def test_a_row_that_changed_pages_while_they_were_read_is_found(stub: Stub) -> None:
    world = small(stub)
    world.shuffled = True
    for number in range(100, 250):
        world.chart(number, f"Chart {number}")
    workspace = read(stub)
    assert workspace.problems == ()
    assert len([chart for chart in workspace.charts if chart.dataset_id]) == 154


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("1", [1]),
        ("sales", [1]),
        ("SALES", [1]),
        ("S*", [1, 2]),
        ("stock ?f*", [2]),
        (uuid("dashboard", 2), [2]),
        ("Stock of today", [2]),
    ],
)
def test_dashboards_are_chosen_by_id_uuid_slug_or_title(
    stub: Stub, pattern: str, expected: list[int]
) -> None:
    small(stub)
    assert [dashboard.id for dashboard in read(stub, pattern).dashboards] == expected


def test_only_what_was_asked_for_is_fetched(stub: Stub) -> None:
    world = small(stub)
    world.chart(50, "Elsewhere")
    workspace = read(stub, "sales")
    assert paths(stub) == ["/version", "dashboard/", "dashboard/export/", "database/", "me/roles/"]
    assert counts(workspace) == (1, 3, 2, 1)
    assert workspace.databases[0].id == 1


def test_drafts_can_be_left_out(stub: Stub) -> None:
    small(stub)
    assert [dashboard.title for dashboard in read(stub, published_only=True).dashboards] == ["Sales"]


def test_the_drafts_that_were_named_and_left_out_leave_nothing(stub: Stub) -> None:
    small(stub)
    with pytest.raises(SourceError, match="none of 1 dashboard is published") as caught:
        read(stub, "Stock*", published_only=True)
    assert (caught.value.kind, caught.value.exit_code) == ("no-such-dashboard", 3)


def test_a_dashboard_that_is_not_there_is_told_with_those_that_are_near(stub: Stub) -> None:
    small(stub)
    with pytest.raises(SourceError) as caught:
        read(stub, "Sals", "nowhere", "1")
    assert (caught.value.kind, caught.value.exit_code) == ("no-such-dashboard", 3)
    none = "of 2 dashboards that this account sees, none has the id, uuid, slug or title"
    assert str(caught.value) == f"{none} 'Sals'; did you mean 'Sales'? {none} 'nowhere'"


def test_chosen_dashboards_that_cannot_be_exported_are_read_all_the_same(stub: Stub) -> None:
    world = small(stub)
    world.roles = LIMITED
    world.hidden |= {("chart", 4), ("dataset", 3)}
    world.with_pages()
    workspace = read(stub, "2")
    assert counts(workspace) == (1, 2, 2, 1)
    assert all(workspace.dataset_of(chart) for chart in workspace.charts)
    assert stub.asked("GET /api/v1/chart/export/")[0].query == {"q": "!(3)"}


def test_where_the_server_says_to_go_is_where_everything_goes(stub: Stub) -> None:
    small(stub)
    # As a proxy does that sends http to https, or the bare host to Superset's path.
    stub.answers = {key.replace(" /", " /bi/"): answer for key, answer in stub.answers.items()}
    stub.answers["GET /version"] = Reply({}, 301, {"Location": "/bi/version"})
    workspace = read(stub)
    assert is_whole(workspace)
    assert workspace.url == f"{stub.url}/bi"
    assert [r.path for r in stub.requests if not r.path.startswith("/bi/")] == ["/version"]


@pytest.mark.parametrize("quote", ['"', "&#34;", "&quot;"])
def test_before_6_1_the_login_page_tells_the_version(stub: Stub, quote: str) -> None:
    small(stub)
    del stub.answers["GET /version"]
    bootstrap = '{"navbar_right": {"version_string": "5.0.0", "version_sha": ""}}'.replace('"', quote)
    stub.answers["GET /login/"] = Reply(f"<html><div data-bootstrap='{bootstrap}'></div>")
    assert read(stub).superset_version == "5.0.0"


def test_a_version_that_nothing_tells_stays_unknown(stub: Stub) -> None:
    small(stub)
    stub.answers["GET /version"] = Reply({"version_string": "<script>"})
    assert read(stub).superset_version is None


def test_a_sign_in_page_before_the_version_does_not_matter_where_a_token_leads_past_it(stub: Stub) -> None:
    small(stub)
    stub.answers["GET /version"] = Reply({}, 302, {"Location": "https://sso.example/authorize?x=y"})
    assert is_whole(read(stub))


def test_progress_is_told(stub: Stub) -> None:
    world = small(stub)
    world.closed.add("assets/export/")
    seen: list[tuple[str, int, int | None]] = []
    read(stub, progress=lambda what, done, total: seen.append((what, done, total)))
    assert {what for what, _, _ in seen} >= {"lists", "dashboard"}
    assert all(total is None or 0 <= done <= total for _, done, total in seen)
    assert seen[3] == ("lists", 4, 4)


def test_a_broken_file_in_an_export_hides_no_other(stub: Stub) -> None:
    import io
    import zipfile

    world = small(stub)
    original = world._zip([("chart", 1), ("chart", 2)])
    buffer = io.BytesIO(original)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("export_x/charts/Odd_9.yaml", "slice_name: [unclosed\n")
    stub.answers["GET /api/v1/assets/export/"] = Reply(buffer.getvalue())
    workspace = read(stub)
    assert is_whole(workspace)
    (problem,) = workspace.problems
    assert problem.kind == "unreadable-file"
    assert problem.file is not None
    assert problem.file.endswith("charts/Odd_9.yaml")
