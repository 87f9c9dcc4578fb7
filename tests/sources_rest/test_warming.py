"""Filling a cache over REST: hits, misses and failures, each told apart; one that fails stops no other."""

from __future__ import annotations

from typing import Any

import pytest

from dashlint.sources.rest import Credentials
from dashlint.sources.rest.warming import FAILED, FILLED, HIT, Warmer, run
from tests.sources_rest.conftest import ClientMaker
from tests.sources_rest.stub import Reply, Stub

DATA = "POST /api/v1/chart/data"
WARM_UP = "PUT /api/v1/chart/warm_up_cache"
INVALIDATE = "POST /api/v1/cachekey/invalidate"
ANN = Credentials(username="ann", password="hunter2-Pa55")


@pytest.fixture
def world(stub: Stub) -> Stub:
    stub.answers = {
        "POST /api/v1/security/login": Reply({"access_token": "access-1", "refresh_token": "refresh-1"}),
        "GET /api/v1/security/csrf_token/": Reply({"result": "csrf-1"}),
        DATA: Reply({"result": [{"is_cached": True}, {"is_cached": True}]}),
        WARM_UP: Reply({"result": [{"chart_id": 3, "viz_error": None, "viz_status": "success"}]}),
        INVALIDATE: Reply({}, status=201),
    }
    return stub


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"result": [{"is_cached": True}, {"is_cached": True}]}, HIT),
        ({"result": [{"is_cached": True}, {"is_cached": None}]}, FILLED),
        ({"result": [{"is_cached": None, "error": "no such column: x"}]}, FAILED),
        ({"result": []}, FAILED),
        ({"job_id": "1", "status": "pending"}, FAILED),
    ],
)
def test_what_an_answer_means(
    world: Stub, clients: ClientMaker, answer: dict[str, object], outcome: str
) -> None:
    world.answers[DATA] = Reply(answer, status=202 if "job_id" in answer else 200)
    found = Warmer(clients(world.url, ANN)).fill({"queries": []})
    assert found.outcome == outcome
    assert (found.error is not None) is (outcome == FAILED)


def test_one_that_fails_stops_no_other(world: Stub, clients: ClientMaker) -> None:
    world.answers[WARM_UP] = Reply({"message": "Warehouse is down"}, status=500)
    jobs: list[Any] = [
        (None, 3, 1),
        ({"queries": []}, None, None),
        (None, 4, 1),
        ({"queries": []}, None, None),
    ]
    found = dict(run(Warmer(clients(world.url, ANN)), jobs, concurrency=2))
    assert [found[number].outcome for number in range(4)] == [FAILED, HIT, FAILED, HIT]
    assert "Warehouse is down" in str(found[0].error)
    assert len(world.asked(WARM_UP)) == 2


def test_force_is_said_in_the_body(world: Stub, clients: ClientMaker) -> None:
    warmer = Warmer(clients(world.url, ANN))
    warmer.fill({"force": False, "queries": []}, force=True)
    warmer.fill({"force": False, "queries": []})
    assert [request.json["force"] for request in world.asked(DATA)] == [True, False]


def test_a_chart_without_a_query_context_has_failed(world: Stub, clients: ClientMaker) -> None:
    """Superset answers 200 there."""
    wrong = "Chart's query context does not exist"
    world.answers[WARM_UP] = Reply({"result": [{"chart_id": 3, "viz_error": wrong, "viz_status": None}]})
    found = Warmer(clients(world.url, ANN)).warm_up(3, 1)
    assert (found.outcome, found.error) == (FAILED, wrong)


def test_invalidation_names_datasets_by_their_ids(world: Stub, clients: ClientMaker) -> None:
    Warmer(clients(world.url, ANN)).invalidate([3, 5])
    (request,) = world.asked(INVALIDATE)
    assert request.json == {"datasource_uids": ["3__table", "5__table"]}
