"""Log lines: their form, and that nobody waits for who reads them."""

from __future__ import annotations

import io
import logging
import re
import threading

from callcenter.logs import logging_lines


class Slow(io.StringIO):
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait()
        return super().write(text)


def test_a_record_is_a_line_in_utc() -> None:
    stream = io.StringIO()
    with logging_lines(stream=stream):
        logging.getLogger("part").info("did key=%s", "value")
        logging.getLogger("part").debug("not this")
    logging.getLogger("part").warning("nor this")
    (line,) = stream.getvalue().splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO part did key=value", line)


def test_an_error_is_told_with_its_traceback_once() -> None:
    stream = io.StringIO()
    with logging_lines(True, stream):
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger("part").exception("failed")
    assert stream.getvalue().count("Traceback") == 1
    assert stream.getvalue().endswith("ValueError: why\n")


def test_who_logs_does_not_wait_for_the_reader() -> None:
    stream = Slow()
    with logging_lines(stream=stream):
        for number in range(100):
            logging.getLogger("part").info("line %d", number)
        assert stream.getvalue() == ""
        stream.free.set()
    assert len(stream.getvalue().splitlines()) == 100
