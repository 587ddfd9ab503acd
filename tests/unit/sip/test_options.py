"""Option tags and method lists."""

from __future__ import annotations

from sip.options import allows, requires, supports, tags, unknown
from tests.unit.sip.wire import request


def test_tags_of_all_lines_whatever_their_case() -> None:
    asked = request(extra="Supported: Timer,  path\nSupported: 100REL\nSupported: ")
    assert tags(asked, "Supported") == {"timer", "path", "100rel"}


def test_who_requires_an_extension_knows_it() -> None:
    asked = request(extra="Require: timer")
    assert supports(asked, "timer") and requires(asked, "timer")
    assert not supports(asked, "100rel")
    assert supports(request(extra="Supported: timer"), "timer")
    assert not requires(request(extra="Supported: timer"), "timer")


def test_what_we_do_not_know_is_named() -> None:
    assert unknown(request(extra="Require: timer, gruu\nRequire: 100rel")) == ("gruu",)
    assert unknown(request()) == ()


def test_no_allow_says_nothing() -> None:
    assert allows(request(), "UPDATE") is None
    assert allows(request(extra="Allow: INVITE, update"), "UPDATE") is True
    assert allows(request(extra="Allow: INVITE"), "UPDATE") is False
