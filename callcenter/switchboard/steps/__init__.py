"""The kinds of steps of a desk's flow, each a coroutine that takes the caller through one."""

from callcenter.switchboard.steps import queueing, reaching, speaking

__all__ = ["queueing", "reaching", "speaking"]
