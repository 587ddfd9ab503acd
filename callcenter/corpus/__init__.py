"""Scoring the judging against spoken dialogues whose verdicts are known."""
