"""`python -m tests.fuzz.run TARGET [RUNS]`: coverage-guided by atheris where it is installed (extra `fuzz`).

Without it the seeds are damaged at random, which finds less. RUNS 0 (with atheris) goes on until it is
stopped. A failure prints the input.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
from pathlib import Path

HAS_ATHERIS = importlib.util.find_spec("atheris") is not None


def main(name: str, runs: int) -> None:
    if HAS_ATHERIS:
        _guided(name, runs)
    else:
        at_random(name, runs or 100_000)


def _guided(name: str, runs: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["sip"]):
        from tests.fuzz.targets import TARGETS

    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds):
            (Path(folder) / str(number)).write_bytes(seed)
        limits = [f"-runs={runs}"] if runs else []
        atheris.Setup(
            [sys.argv[0], *limits, "-max_len=4096", "-timeout=10", f"-artifact_prefix={folder}/", folder],
            target.run,
        )
        atheris.Fuzz()


def at_random(name: str, runs: int, seed: int = 1) -> None:
    """Runs a target on its seeds, damaged: bytes changed, cut out, doubled, put in."""
    from tests.fuzz.targets import TARGETS

    target, dice = TARGETS[name], random.Random(seed)
    for whole in target.seeds:
        target.run(whole)
    for _ in range(runs):
        text = bytearray(dice.choice(target.seeds))
        for _ in range(dice.randrange(1, 5)):
            start = dice.randrange(len(text) + 1)
            end = min(len(text), start + dice.randrange(8))
            new = (b"", dice.randbytes(dice.randrange(5)), text[start:end] * 2)
            text[start:end] = dice.choice(new)
        try:
            target.run(bytes(text))
        except Exception:
            print(f"{name} fails with {bytes(text)!r}", file=sys.stderr)
            raise


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
