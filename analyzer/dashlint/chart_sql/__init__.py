"""The SQL that reaches the database for a chart's queries, and what that SQL reads."""
