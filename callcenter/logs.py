"""Log records: formatted where they arise, written by a thread of their own.

The event loop that writes a line itself waits for the disk, or for whoever reads its standard error.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import TextIO

FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


@contextmanager
def logging_lines(verbose: bool = False, stream: TextIO | None = None) -> Iterator[None]:
    """Meanwhile a log record is a line on standard error (or `stream`), in UTC; at the end all is written."""
    formatter = logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    waiting: SimpleQueue[logging.LogRecord] = SimpleQueue()
    into = QueueHandler(waiting)
    into.setFormatter(formatter)  # what is queued is text: nobody changes a record's arguments meanwhile
    root = logging.getLogger()
    level = root.level
    root.addHandler(into)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    listener = QueueListener(waiting, logging.StreamHandler(stream or sys.stderr))
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(into)
        root.setLevel(level)
        listener.stop()
