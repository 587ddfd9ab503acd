"""The transcripts library."""
