"""What is refused is told in both languages: English for programs, Chinese for the pages."""

from __future__ import annotations


class Refusal(ValueError):
    """It cannot be done (so) now; the message says why and what to do, `zh` the same in Chinese."""

    def __init__(self, message: str, zh: str = "") -> None:
        super().__init__(message)
        self.zh = zh
