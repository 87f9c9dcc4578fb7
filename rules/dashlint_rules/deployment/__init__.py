"""Rules about how Superset is run."""
