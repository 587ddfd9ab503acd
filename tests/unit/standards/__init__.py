"""Standards as data."""
