"""Against a small HTTP server of our own; pip is not run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import free_port, scaled
from transcripts.fetching import FetchError, download, no_progress, wheel_member

BODY = bytes(range(256)) * 40


class Handler(BaseHTTPRequestHandler):
    """Serves BODY, with ranges; `/short` breaks off in the middle, `/plain` ignores ranges."""

    asked: list[str | None]

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        type(self).asked.append(asked)
        start = int(asked[6:-1]) if asked and self.path != "/plain" else 0
        if self.path == "/none":
            self.send_error(404)
        elif start >= len(BODY):
            self.send_error(416)
        else:
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(BODY) - start))
            self.end_headers()
            self.wfile.write(BODY[start : 5000 if self.path == "/short" else None])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the standard error."""


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    handler = type("OneTest", (Handler,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", handler
        http.shutdown()
        thread.join()


def test_a_download_shows_its_progress(server: tuple[str, type[Handler]], tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    part = tmp_path / "part"
    download(f"{server[0]}/file", part, lambda _, done, total: seen.append((done, total)))
    assert part.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))


def test_a_download_goes_on_where_it_broke_off(server: tuple[str, type[Handler]], tmp_path: Path) -> None:
    url, handler = server
    part = tmp_path / "part"
    with pytest.raises(FetchError, match="broke off"):
        download(f"{url}/short", part, no_progress)
    assert part.read_bytes() == BODY[:5000]
    download(f"{url}/file", part, no_progress)
    assert part.read_bytes() == BODY
    assert handler.asked == [None, "bytes=5000-"]
    download(f"{url}/file", part, no_progress)  # nothing is missing: 416
    assert part.read_bytes() == BODY


def test_a_server_without_ranges_begins_again(server: tuple[str, type[Handler]], tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"old")
    download(f"{server[0]}/plain", part, no_progress)
    assert part.read_bytes() == BODY


def test_errors_say_why(server: tuple[str, type[Handler]], tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="HTTP 404"):
        download(f"{server[0]}/none", tmp_path / "part", no_progress)
    port = free_port()
    with pytest.raises(FetchError, match=r"unreachable|broke off"):
        download(f"http://127.0.0.1:{port}/", tmp_path / "part", no_progress, timeout=scaled(5.0))


def test_pip_errors_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(FetchError, match="ERROR"):
        wheel_member("no-such-thing==1", "0" * 64, "member", tmp_path, no_progress)
