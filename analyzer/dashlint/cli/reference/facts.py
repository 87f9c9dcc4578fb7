"""What holds for all commands: exit codes and the environment."""

from __future__ import annotations

from typing import NamedTuple

from dashlint.cli.errors import ExitCode
from dashlint.cli.main import DEFECT


class Ending(NamedTuple):
    """An exit code, what it says, and what to do about it."""

    code: int
    meaning: str
    remedy: str


EXIT_CODES = (
    Ending(
        ExitCode.OK,
        "Nothing to report: no finding at or above `--fail-on`, or the command did what it was asked to.",
        "Nothing. Lesser findings are in the report all the same; `--fail-on never` always ends so.",
    ),
    Ending(
        ExitCode.FINDINGS,
        "There are findings at or above `--fail-on` (for `diff`: new ones; for `cost`: a dashboard above "
        "`--limit`; for `fix`: something remains, or was to be changed; for `fleet`: in any workspace).",
        "Read the report. `dashlint explain CODE` says why and what to do, `dashlint fix` does some of it; "
        "`dashlint baseline` accepts what is there today.",
    ),
    Ending(
        ExitCode.USAGE,
        "Wrong usage or configuration: an unknown option, a path that does not exist, a misspelt key. "
        "Also when Ctrl-C ended it.",
        "The sentence on stderr names the option, or the file and key, and the nearest right word.",
    ),
    Ending(
        ExitCode.NOTHING_USABLE,
        "Nothing usable in the input; with `--strict`, also where a part of it could not be used.",
        "The problems on stderr say which file and why. Often the folder holds no export, or the ZIP is not "
        "one that Superset wrote.",
    ),
    Ending(
        ExitCode.UNREACHABLE,
        "Superset, the database or the forge was not reached, or refused the login; or a fleet's run did not "
        "end within `--wait`.",
        "Check the address, the account and its rights, proxies and certificates (`--ca-bundle`). In a "
        "pipeline this is worth another try; the codes above are not.",
    ),
    Ending(
        DEFECT,
        "A defect of dashlint (EX_SOFTWARE of sysexits.h), with a traceback on stderr.",
        "It is not your dashboards. Please report it, with the traceback and the file that led to it.",
    ),
)

#: Variables that dashlint reads, and what they are for.
ENVIRONMENT = {
    "DASHLINT_URL": "Address of the Superset to read, where no export and no `--url` is given.",
    "DASHLINT_USERNAME": "Account to log in with.",
    "DASHLINT_PASSWORD": "Its password.",
    "DASHLINT_PROVIDER": "How Superset checks the password: `db` or `ldap`.",
    "DASHLINT_TOKEN": "An access token (JWT) instead of an account.",
    "DASHLINT_API_KEY": "An API key of Superset instead of an account.",
    "DASHLINT_SESSION_COOKIE": "The session cookie of a browser that has logged in (single sign-on).",
    "DASHLINT_PRESET_TOKEN": "The name of an API token of Preset.",
    "DASHLINT_PRESET_SECRET": "Its secret.",
    "DASHLINT_PRESET_AUTH_URL": "Where Preset exchanges the two for an access token, if elsewhere.",
    "DASHLINT_DB_URL": "Database for `catalog snapshot` and `--verify`.",
    "DASHLINT_DB_PASSWORD": "Its password, if the URL holds none.",
    "DASHLINT_FORGE_TOKEN": "Token for comments on pull requests; counts more than the forge's own variable.",
    "DASHLINT_METADATA_DB_PASSWORD": "Password of Superset's own database, for `diagnose --metadata-db`.",
    "DASHLINT_CACHE_DIR": "Folder for what is kept between runs; empty to keep and read nothing.",
    "DASHLINT_ALLOW_PLUGINS": "Run the plugins that the configuration names (1), or do without them (0).",
    "DASHLINT_FLEET_STORE": "Where `dashlint fleet` and its workers keep results: a folder or a URL.",
    "DASHLINT_FLEET_BROKER": "Celery's broker, for `dashlint fleet --enqueue` and its workers.",
    "DASHLINT_FLEET_INVENTORY": "The inventory that a worker of a fleet reads.",
    "DASHLINT_FLEET_VISIBILITY": "Seconds after which a task of a lost worker is brought to another.",
    "DASHLINT_FLEET_PREFIX": "What a fleet's keys in Redis begin with; `dashlint.` without it.",
    "NO_COLOR": "No colours, whatever it is set to (https://no-color.org).",
}
