"""三响: a telephone service desk that answers within three rings and can prove it."""

__version__ = "0.1.0"

SUPERVISED = "CALLCENTER_SUPERVISED"
"""Set in the environment of a role that `callcenter up` started: it ends when its parent is gone."""
