"""Rules about dashboards."""
