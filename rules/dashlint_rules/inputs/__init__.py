"""Rules about the input itself."""
