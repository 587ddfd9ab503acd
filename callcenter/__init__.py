"""三响: a telephone service desk that answers within three rings and can prove it."""

__version__ = "0.1.0"
