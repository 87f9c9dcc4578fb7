"""What Acme asks of its dashboards."""
