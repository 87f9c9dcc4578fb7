"""Rules about filters."""
