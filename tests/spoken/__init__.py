"""Calls put together from spoken clips: the examples of the rules, and dialogues nobody tuned for."""
