"""A running Superset as a source.

Imported only where an address is given: everything in here needs requests.
"""

from dashlint.sources.rest.credentials import Credentials
from dashlint.sources.rest.server import Server, ServerRequest, open_server, read_server
from dashlint.sources.rest.table_cache import TableCache
from dashlint.sources.rest.tables import TableAnswer, TableAnswers

__all__ = [
    "Credentials",
    "Server",
    "ServerRequest",
    "TableAnswer",
    "TableAnswers",
    "TableCache",
    "open_server",
    "read_server",
]
