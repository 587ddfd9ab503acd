"""Judging a call by a standard: pure, from what is known of the call to findings with their evidence."""
