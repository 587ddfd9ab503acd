"""Random calls through a whole switchboard for as long as one likes; then everything must be as it was."""
