"""Writes a new revision: `python -m callcenter.store.migrations "What changes"`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from callcenter.store.migrate import revise, upgrade


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit('usage: python -m callcenter.store.migrations "What changes"')
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'head.db'}"
        upgrade(url)
        print(revise(url, sys.argv[1]))


if __name__ == "__main__":
    main()
