"""The action plan: what to do first, by memory saved for effort."""
