"""The sound of calls: legs as the switchboard wrote them, and both sides of a call in one file."""
