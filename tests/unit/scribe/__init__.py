"""The scribe."""
