"""``dashlint comment`` against forges that speak HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashlint.forge import environment, sticky
from dashlint.forge.model import Forge, ForgeError, Place
from dashlint.forge.sticky import Outcome
from tests.forge.stub import ME, OTHER, Stub, serving

TOKEN = "s3cret-token"
PLACES = {
    "github": ("github", "team/boards"),
    "gitlab": ("gitlab/api/v4", "42"),
    "bitbucket": ("bitbucket", "team/boards"),
    "azure": ("azure", "team/boards"),
}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as found:
        yield found


@pytest.fixture(params=sorted(PLACES))
def forge(request: pytest.FixtureRequest, stub: Stub) -> Forge:
    path, repository = PLACES[request.param]
    return environment.connect(Place(request.param, f"{stub.address}/{path}", repository, 7), TOKEN)


def test_created_then_left_alone_then_updated(forge: Forge, stub: Stub) -> None:
    assert sticky.post(forge, "**one**") is Outcome.CREATED
    assert sticky.post(forge, "**one**") is Outcome.UNCHANGED
    writes = [m for m in stub.methods() if m != "GET"]
    assert sticky.post(forge, "**two**") is Outcome.UPDATED
    assert len(writes) == 1
    assert stub.bodies() == ["[//]: # (dashlint:default)\n\n**two**\n"]
    assert TOKEN in stub.sent[0].authorization or stub.sent[0].authorization.startswith("Basic ")


def test_found_behind_many_others(forge: Forge, stub: Stub) -> None:
    for number in range(7):
        stub.add(OTHER, f"comment {number}")
    stub.add(ME, f"{sticky.marker()}\r\n\r\nold\r\n")
    stub.add(OTHER, "last")
    assert sticky.post(forge, "new") is Outcome.UPDATED
    assert len(stub.bodies()) == 1


def test_nobody_elses_comment_is_touched(forge: Forge, stub: Stub) -> None:
    stub.add(OTHER, f"{sticky.marker()}\n\nI copied the marker")
    stub.add(ME, f"look at this:\n{sticky.marker()}")
    stub.add(ME, f"{sticky.marker('other')}\n\nanother folder")
    before = [dict(comment) for comment in stub.comments]
    assert sticky.post(forge, "mine") is Outcome.CREATED
    assert stub.comments[:3] == before
    assert sticky.post(forge, "mine again") is Outcome.UPDATED
    assert stub.comments[:3] == before


def test_none_where_none_is_wanted(forge: Forge, stub: Stub) -> None:
    assert sticky.post(forge, "quiet", create=False) is Outcome.SKIPPED
    assert stub.comments == []
    sticky.post(forge, "loud")
    assert sticky.post(forge, "quiet", create=False) is Outcome.UPDATED


@pytest.mark.parametrize("status", [429, 502, 503])
def test_asks_again(forge: Forge, stub: Stub, status: int) -> None:
    stub.faults = {2: status}
    assert sticky.post(forge, "text") is Outcome.CREATED
    assert len(stub.bodies()) == 1


@pytest.mark.parametrize("status", [401, 404, 422])
def test_refusals_are_one_sentence(forge: Forge, stub: Stub, status: int) -> None:
    stub.faults = dict.fromkeys(range(1, 30), status)
    with pytest.raises(ForgeError) as raised:
        sticky.post(forge, "text")
    assert not raised.value.forbidden
    assert TOKEN not in str(raised.value)
    assert "\n" not in str(raised.value)


def number_of_the_write(forge: Forge, stub: Stub) -> int:
    """Which request writes a comment where there is none, counted from 1."""
    sticky.post(forge, "find out")
    number = stub.methods().index("POST") + 1
    stub.comments.clear()
    stub.sent.clear()
    return number


def test_may_read_but_not_write(forge: Forge, stub: Stub) -> None:
    stub.faults = {number_of_the_write(forge, stub): 403}
    with pytest.raises(ForgeError) as raised:
        sticky.post(forge, "text")
    assert raised.value.forbidden
    assert stub.comments == []


def test_an_answer_that_was_lost_makes_no_second_comment(forge: Forge, stub: Stub) -> None:
    number = number_of_the_write(forge, stub)
    stub.faults, stub.lost = {number: 500}, {number}
    assert sticky.post(forge, "once") is Outcome.CREATED
    assert len(stub.bodies()) == 1
    assert stub.methods().count("POST") == 1


def test_a_forge_that_is_not_there() -> None:
    for name, (path, repository) in PLACES.items():
        if name in ("github", "azure"):  # they wait seconds between their attempts; azure is as bitbucket
            continue
        there = environment.connect(Place(name, f"http://127.0.0.1:9/{path}", repository, 7), TOKEN)
        with pytest.raises(ForgeError, match="could not be reached"):
            there.create("text")


def test_the_token_of_a_workflow_may_not_ask_who_it_is(stub: Stub) -> None:
    stub.me_is_hidden = True
    there = environment.connect(Place("github", f"{stub.address}/github", "team/boards", 7), TOKEN)
    assert sticky.post(there, "one") is Outcome.CREATED
    assert sticky.post(there, "two") is Outcome.UPDATED
    assert len(stub.comments) == 1


# --- where -----------------------------------------------------------------------------------------


def event(folder: Path, head: str) -> str:
    path = folder / "event.json"
    path.write_text(
        json.dumps({"pull_request": {"number": 7, "head": {"repo": {"full_name": head}}}}), "utf-8"
    )
    return str(path)


def test_github_actions(tmp_path: Path) -> None:
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": "https://ghe.example.com/api/v3",
        "GITHUB_REPOSITORY": "team/boards",
        "GITHUB_EVENT_PATH": event(tmp_path, "team/boards"),
    }
    there = Place("github", "https://ghe.example.com/api/v3", "team/boards", 7)
    assert environment.place(variables) == there
    variables["GITHUB_EVENT_PATH"] = event(tmp_path, "stranger/boards")
    assert environment.place(variables) == there._replace(fork=True)
    variables["GITHUB_EVENT_PATH"] = str(tmp_path / "none.json")
    with pytest.raises(ForgeError, match="not started for a pull request"):
        environment.place(variables)
    assert environment.place(variables, number=8).number == 8


def test_other_pipelines() -> None:
    gitlab = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
        "CI_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43",
        "CI_MERGE_REQUEST_IID": "7",
    }
    assert environment.place(gitlab) == Place(
        "gitlab", "https://gitlab.example.com/api/v4", "42", 7, fork=True
    )
    bitbucket = {
        "BITBUCKET_BUILD_NUMBER": "1",
        "BITBUCKET_REPO_FULL_NAME": "team/boards",
        "BITBUCKET_PR_ID": "7",
    }
    assert environment.place(bitbucket) == Place(
        "bitbucket", "https://api.bitbucket.org/2.0", "team/boards", 7
    )
    azure = {
        "TF_BUILD": "True",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/org/",
        "SYSTEM_TEAMPROJECTID": "p",
        "BUILD_REPOSITORY_ID": "r",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        "SYSTEM_PULLREQUEST_ISFORK": "False",
    }
    assert environment.place(azure) == Place("azure", "https://dev.azure.com/org/", "p/r", 7)
    with pytest.raises(ForgeError, match="--forge"):
        environment.place({})
