"""Rules about how Superset is run."""

from __future__ import annotations

#: These rules have nothing to look at where no files about that were given.
NEEDS = "deployment"
