"""The kinds of steps of a desk's flow, each a coroutine that takes the caller through one."""

from callcenter.switchboard.steps import leaving, queueing, reaching, speaking

__all__ = ["leaving", "queueing", "reaching", "speaking"]
