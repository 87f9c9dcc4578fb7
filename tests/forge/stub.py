"""A forge over real HTTP: the answers of GitHub, GitLab, Bitbucket Cloud and Azure DevOps to what we ask.

Shapes are those of the forges' API references, cut to the fields that matter and some that do not. Comments
come in small pages. ``faults`` maps the number of a request (from 1) to a status that is answered instead.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

ME, OTHER = "me", "somebody"
PAGE = 2


class Sent(NamedTuple):
    """A request that arrived."""

    method: str
    path: str
    authorization: str


class Stub:
    """The state of one pull request, number 7 of ``team/boards``."""

    def __init__(self) -> None:
        self.address = ""
        self.comments: list[dict[str, Any]] = []
        self.sent: list[Sent] = []
        self.faults: dict[int, int] = {}
        #: Requests that are carried out although their answer is a fault.
        self.lost: set[int] = set()
        self.me_is_hidden = False

    def add(self, author: str, body: str) -> None:
        self.comments.append({"id": len(self.comments) + 100, "author": author, "body": body})

    def bodies(self, author: str = ME) -> list[str]:
        return [comment["body"] for comment in self.comments if comment["author"] == author]

    def methods(self) -> list[str]:
        return [sent.method for sent in self.sent]


class _Handler(BaseHTTPRequestHandler):
    stub: Stub

    def log_message(self, *_arguments: Any) -> None:
        pass

    def _serve(self) -> None:
        stub = self.stub
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        authorization = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
        stub.sent.append(Sent(self.command, self.path, authorization))
        number = len(stub.sent)
        fault = stub.faults.get(number)
        done = fault is None or number in stub.lost
        status, answer, headers = self._answer(urlsplit(self.path), body) if done else (0, None, {})
        if fault is not None:
            status, answer, headers = fault, {"message": "no"}, {"Retry-After": "0"} if fault == 429 else {}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815 the names that http.server looks for

    def _answer(self, url: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        for pattern, answer in (
            (r"/github(/.*)", self._github),
            (r"/gitlab/api/v4(/.*)", self._gitlab),
            (r"/bitbucket(/.*)", self._bitbucket),
            (r"/azure(/.*)", self._azure),
        ):
            found = re.fullmatch(pattern, url.path)
            if found:
                return answer(found[1], parse_qs(url.query), body)
        return 404, {}, {}

    def _page(self, query: dict[str, list[str]]) -> tuple[list[dict[str, Any]], int | None]:
        number = int(query.get("page", ["1"])[0])
        first = (number - 1) * PAGE
        more = len(self.stub.comments) > first + PAGE
        return self.stub.comments[first : first + PAGE], number + 1 if more else None

    def _edit(self, key: str, text: str) -> dict[str, Any] | None:
        found = next((c for c in self.stub.comments if str(c["id"]) == key), None)
        if found is not None:
            found["body"] = text
        return found

    def _github(self, path: str, query: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        base = f"{self.stub.address}/github"

        def shown(comment: dict[str, Any]) -> dict[str, Any]:
            url = f"{base}/repos/team/boards/issues/comments/{comment['id']}"
            user = {"login": comment["author"], "id": 1, "type": "User", "url": f"{base}/users/x"}
            return {"id": comment["id"], "url": url, "user": user, "body": comment["body"]}

        issue = "/repos/team/boards/issues/7"
        if path == "/user":
            hidden = {"message": "Resource not accessible by integration"}
            return (403, hidden, {}) if self.stub.me_is_hidden else (200, {"login": ME, "id": 1}, {})
        if path == issue:
            return 200, {"number": 7, "url": f"{base}{issue}", "comments": len(self.stub.comments)}, {}
        if path == f"{issue}/comments" and self.command == "POST":
            self.stub.add("github-actions[bot]" if self.stub.me_is_hidden else ME, body["body"])
            return 201, shown(self.stub.comments[-1]), {}
        if path == f"{issue}/comments":
            page, following = self._page(query)
            link = f'<{base}{issue}/comments?page={following}>; rel="next"'
            return 200, [shown(c) for c in page], {"Link": link} if following else {}
        key = path.rpartition("/")[2]
        if path == f"/repos/team/boards/issues/comments/{key}":
            if self.command == "PATCH":
                self._edit(key, body["body"])
            found = next((c for c in self.stub.comments if str(c["id"]) == key), None)
            return (200, shown(found), {}) if found else (404, {"message": "Not Found"}, {})
        return 404, {"message": "Not Found"}, {}

    def _gitlab(self, path: str, query: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        notes = "/projects/42/merge_requests/7/notes"

        def shown(comment: dict[str, Any]) -> dict[str, Any]:
            author = {"id": 3, "username": comment["author"], "name": "N"}
            return {"id": comment["id"], "body": comment["body"], "author": author, "system": False}

        if path == "/user":
            return 200, {"id": 3, "username": ME}, {}
        if path == notes and self.command == "POST":
            self.stub.add(ME, body["body"])
            return 201, shown(self.stub.comments[-1]), {}
        if path == notes:
            page, following = self._page(query)
            url = f"{self.stub.address}/gitlab/api/v4{notes}?page={following}"
            headers = {"Link": f'<{url}>; rel="next"', "X-Next-Page": str(following)} if following else {}
            return 200, [shown(c) for c in page], headers
        key = path.rpartition("/")[2]
        if path == f"{notes}/{key}" and self.command == "PUT":
            found = self._edit(key, body["body"])
            return (200, shown(found), {}) if found else (404, {"message": "404 Not found"}, {})
        return 404, {"message": "404 Not found"}, {}

    def _bitbucket(self, path: str, query: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        comments = "/repositories/team/boards/pullrequests/7/comments"

        def shown(comment: dict[str, Any]) -> dict[str, Any]:
            content = {"raw": comment["body"], "markup": "markdown", "html": ""}
            user = {"uuid": comment["author"], "type": "user"}
            return {"id": comment["id"], "content": content, "user": user, "deleted": False}

        if path == "/user":
            return 200, {"uuid": ME}, {}
        if path == comments and self.command == "POST":
            self.stub.add(ME, body["content"]["raw"])
            return 201, shown(self.stub.comments[-1]), {}
        if path == comments:
            page, following = self._page(query)
            answer: dict[str, Any] = {"values": [shown(c) for c in page], "pagelen": PAGE}
            if following:
                answer["next"] = f"{self.stub.address}/bitbucket{comments}?page={following}"
            return 200, answer, {}
        key = path.rpartition("/")[2]
        if path == f"{comments}/{key}" and self.command == "PUT":
            found = self._edit(key, body["content"]["raw"])
            return (200, shown(found), {}) if found else (404, {}, {})
        return 404, {}, {}

    def _azure(self, path: str, _query: Any, body: Any) -> tuple[int, Any, dict[str, str]]:
        threads = "/team/_apis/git/repositories/boards/pullRequests/7/threads"

        def shown(comment: dict[str, Any]) -> dict[str, Any]:
            inside = {"id": 1, "content": comment["body"], "author": {"id": comment["author"]}}
            return {"id": comment["id"], "comments": [inside], "status": "closed"}

        if path == "/_apis/connectionData":
            return 200, {"authenticatedUser": {"id": ME}}, {}
        if path == threads and self.command == "POST":
            self.stub.add(ME, body["comments"][0]["content"])
            return 200, shown(self.stub.comments[-1]), {}
        if path == threads:
            found = [shown(c) for c in self.stub.comments]
            return 200, {"value": found, "count": len(found)}, {}
        key = re.fullmatch(rf"{threads}/(\d+)/comments/1", path)
        if key and self.command == "PATCH":
            edited = self._edit(key[1], body["content"])
            return (200, {}, {}) if edited else (404, {}, {})
        return 404, {}, {}


@contextmanager
def serving() -> Iterator[Stub]:
    """A stub on a free port."""
    stub = Stub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stub": stub}))
    stub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
