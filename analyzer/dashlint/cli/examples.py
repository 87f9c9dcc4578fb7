"""What people type first, per command: the end of its help, and the examples of its man page."""

from __future__ import annotations

#: By command; the empty name is dashlint itself. What is typed, and what for.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("dashlint demo", "see what it says about a bundled example"),
        ("dashlint scan exports/", "check exports in a folder or ZIP"),
        ("dashlint scan --url https://superset.example.com --username admin", "check a running server"),
        ("dashlint explain DL201", "why a rule matters, and what to do"),
    ),
    "scan": (
        ("dashlint scan exports/ --catalog schema.sql", "exports, with the warehouse's indexes"),
        ("dashlint scan --url https://superset.example.com --username admin", "a running server"),
        ("dashlint scan exports/ --output html=report.html", "and a page to look at"),
    ),
    "trace": (
        ("dashlint trace exports/ --dashboard Sales", "what the browser asks for when Sales is opened"),
        ("dashlint trace exports/ --event 'filter:*'", "what each filter re-runs"),
    ),
    "cost": (
        (
            "dashlint cost exports/ --viewers 10 --workers 2 --threads 20 --limit 4GiB",
            "whether ten viewers fit into 4 GiB",
        ),
    ),
    "diff": (
        ("dashlint diff --git origin/main...HEAD superset/", "what a branch changes"),
        ("dashlint diff before.zip after.zip", "what changed between two exports"),
    ),
    "comment": (
        ("dashlint comment dashlint.json --dry-run", "see the comment first"),
        ("dashlint comment dashlint.json", "write it on the pull request of this pipeline"),
    ),
    "baseline": (("dashlint baseline exports/", "accept today's findings; commit the file"),),
    "fleet": (
        ("dashlint fleet fleet.toml --store results/", "all workspaces, and what changed since the last run"),
        ("dashlint fleet --report latest --store results/", "what is kept of the last run"),
        ("dashlint fleet fleet.toml --store results/ --fail-on new --keep 30", "for a nightly job"),
    ),
    "init": (("dashlint init exports/", "write dashlint.toml"),),
    "config": (("dashlint config --show", "what is in force, and why"),),
    "graph": (("dashlint graph exports/ --format svg > graph.svg", "a picture of who filters what"),),
    "fix": (
        ("dashlint fix exports/ --diff", "see the changes first"),
        ("dashlint fix exports/", "make those that nobody sees"),
    ),
    "explain": (("dashlint explain missing-row-limit", "by name, or by code: DL301"),),
    "warm": (
        (
            "dashlint warm --url https://superset.example.com --username admin",
            "what would be warmed, and how",
        ),
        ("dashlint warm --url … --changed shop.orders --run", "after a load of data"),
    ),
    "catalog snapshot": (
        (
            "dashlint catalog snapshot --db postgresql://reader@host/shop -o warehouse.json",
            "a file for --catalog",
        ),
    ),
}


def epilog(command: str) -> str | None:
    """The examples as the end of a help: what each is for, and below what is typed; None without any."""
    lines = [
        f"{purpose[:1].upper()}{purpose[1:]}:\n  {typed}" for typed, purpose in EXAMPLES.get(command, ())
    ]
    return "\n".join(lines) or None
