"""Makes the passwords that docker/compose.yaml wants, each in a file: `python3 docker/make_secrets.py`.

What is there already is kept, so that it may be run again after a new account was added. The folder is for
its owner alone; the files in it are readable, for each container has a user of its own.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import secrets
from pathlib import Path

ACCOUNTS = ("extension_8001", "extension_8002", "extension_8100", "trunk_city")
ITERATIONS = 20_000


def mosquitto_line(user: str, password: str, salt: bytes | None = None) -> str:
    """A line of Mosquitto's password file: PBKDF2 with SHA-512 (what `mosquitto_passwd` writes since 2.0)."""
    salt = salt or secrets.token_bytes(12)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    words = (base64.b64encode(part).decode() for part in (salt, hashed))
    return f"{user}:$7${ITERATIONS}${'$'.join(words)}"


def write_new(file: Path, text: str) -> None:
    """Writes the file unless it is there."""
    if not file.exists():
        file.write_text(text + "\n", "utf-8")
        file.chmod(0o444)


def make(folder: Path) -> None:
    """Makes what is missing in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(24)
    if not (folder / "database_url").exists():
        write_new(folder / "postgres_password", password)
        url = f"postgresql+psycopg://callcenter:{password}@127.0.0.1:5432/callcenter"
        write_new(folder / "database_url", url)
    password = secrets.token_urlsafe(24)
    if not (folder / "mqtt_url").exists():
        write_new(folder / "mosquitto_passwords", mosquitto_line("callcenter", password))
        write_new(folder / "mqtt_url", f"mqtt://callcenter:{password}@127.0.0.1:1883")
    for account in ACCOUNTS:
        write_new(folder / account, secrets.token_urlsafe(12))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the passwords for docker/compose.yaml.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "secrets")
    folder: Path = parser.parse_args().folder
    make(folder)
    print(f"The passwords are in {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")


if __name__ == "__main__":
    main()
