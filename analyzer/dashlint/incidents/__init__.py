"""What an incident leaves behind: logs of kills, of slow statements and of views, joined to dashboards."""
