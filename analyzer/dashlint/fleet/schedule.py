"""Which workspace comes next: as early in the inventory as its server has room."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable

from dashlint.fleet.model import Workspace


class Schedule:
    """Workspaces that wait. No server has more of its own under way than its limit.

    Args:
        workspaces: what is to be done, in order.
        limit: how many of a server may be under way at a time. Exports, which burden no server, are not
            bounded here.
    """

    def __init__(self, workspaces: Iterable[Workspace], limit: Callable[[str], int]) -> None:
        self._limit = limit
        self._under_way: Counter[str] = Counter()
        self._lines: dict[str | None, deque[tuple[int, Workspace]]] = {}
        for place, workspace in enumerate(workspaces):
            self._lines.setdefault(workspace.server, deque()).append((place, workspace))

    def take(self) -> Workspace | None:
        """The next one, which now is under way; None where all servers are busy or nothing is left."""
        free = [
            line[0][0]
            for server, line in self._lines.items()
            if line and (server is None or self._under_way[server] < self._limit(server))
        ]
        if not free:
            return None
        first = min(free)
        line = next(line for line in self._lines.values() if line and line[0][0] == first)
        workspace = line.popleft()[1]
        if workspace.server is not None:
            self._under_way[workspace.server] += 1
        return workspace

    def give_back(self, workspace: Workspace) -> None:
        """Says that a workspace is no longer under way."""
        if workspace.server is not None:
            self._under_way[workspace.server] -= 1
