"""The `dashlint` command: one file per subcommand; this one is where the process begins and ends."""

from __future__ import annotations

import gc
import io
import sys

from dashlint.cli.process import GARBAGE_THRESHOLD, UNWRITABLE, cannot_write, leave

DEFECT = 70


def console() -> None:
    """What the installed ``dashlint`` calls: :func:`main`, and then the process ends at once."""
    try:
        main()
    except SystemExit as ended:
        leave(ended.code)
        raise
    leave(None)


def main() -> None:
    """Run the command line; the process ends with one of the documented exit codes.

    A defect of dashlint itself ends with 70 (EX_SOFTWARE of sysexits.h). Python's own 1 would say
    "there are findings", and a pipeline that tolerates findings would take a crash for a report.
    """
    gc.set_threshold(GARBAGE_THRESHOLD)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A title in Greek must not end a run whose output goes to a pipe on a Western Windows.
        sys.stdout.reconfigure(errors="replace")
    try:
        _run(sys.argv[1:])
    except OSError as error:
        if error.errno in UNWRITABLE and error.filename is None:
            cannot_write(error)
        _defect()
    except Exception:  # noqa: BLE001 the outermost place: whatever got here is a defect
        _defect()


def _defect() -> None:
    import traceback

    traceback.print_exc()
    sys.stderr.write("dashlint: this is a defect of dashlint, not of your dashboards: please report it\n")
    sys.exit(DEFECT)


def _run(words: list[str]) -> None:
    if words == ["--version"]:
        from dashlint import __version__

        sys.stdout.write(f"dashlint {__version__}\n")
        return
    from dashlint.cli import quick

    call = quick.understand(words)
    if call is not None:
        quick.run(call)
        return
    from dashlint.cli.app import app

    app()
