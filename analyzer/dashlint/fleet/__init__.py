"""Many workspaces at once: what to scan, how many at a time, and what was found compared over time."""
