"""Telephone numbers: one form in which they are kept, and the forms in which lines want them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.domain.numbers import Form, Numbers

SITE = Numbers(area="0755", outside="9")
EMERGENCY = ("110", "119", "120")

MOBILE, LANDLINE, LOCAL = "13800138000", "075512345678", "22345678"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        *((f"{code}13800138000", MOBILE) for code in ("", "+86", "0086", "86", "0", "9", "90", "90086")),
        *((f"{code}75512345678", LANDLINE) for code in ("0", "+86", "0086", "86", "90", "90086")),
        ("+861012345678", "01012345678"),
        ("+864008001234", "4008001234"),
        ("94008001234", "4008001234"),
        ("22345678", "075522345678"),  # of this city
        ("922345678", "075522345678"),
        ("2234567", "07552234567"),
        ("+4930123456", "+4930123456"),
        ("004930123456", "+4930123456"),
        ("9004930123456", "+4930123456"),
        ("95588", "95588"),  # begins with the 9 for a line, and is whole without it
        ("995588", "95588"),
        ("910086", "10086"),
    ],
)
def test_one_number_has_one_form(number: str, kept: str) -> None:
    assert SITE.canonical(number) == kept


@pytest.mark.parametrize(
    "number",
    [
        *EMERGENCY,
        "9110",
        "+86110",
        "0110",
        "8001",
        "80010",
        "9001",
        "114",
        "anonymous",
        "",
        "*72#",
        "+8621600",
        "1" * 25,
    ],
)
def test_what_is_no_whole_number_stays_as_it_is(number: str) -> None:
    assert SITE.canonical(number) == number


def test_without_rules_of_a_site_only_the_countrys_hold() -> None:
    assert Numbers().canonical("+8613800138000") == MOBILE
    assert Numbers().canonical("22345678") == "22345678"
    assert Numbers().canonical("913800138000") == "913800138000"


@pytest.mark.parametrize(
    ("number", "national", "local", "e164"),
    [
        (MOBILE, MOBILE, MOBILE, "+8613800138000"),
        (LANDLINE.replace("1", "2", 1), "075522345678", "22345678", "+8675522345678"),
        ("01012345678", "01012345678", "01012345678", "+861012345678"),
        ("+4930123456", "004930123456", "004930123456", "+4930123456"),
        ("4008001234", "4008001234", "4008001234", "4008001234"),
        ("95588", "95588", "95588", "95588"),
        ("110", "110", "110", "110"),
        ("114", "114", "114", "114"),
    ],
)
def test_a_line_gets_the_form_it_wants(number: str, national: str, local: str, e164: str) -> None:
    written = [SITE.written(number, form) for form in (Form.NATIONAL, Form.LOCAL, Form.E164)]
    assert written == [national, local, e164]


@st.composite
def dialled(draw: st.DrawFn) -> str:
    """Codes and whole numbers put together, and digits of any kind."""
    code = draw(st.sampled_from(["", "+", "00", "0", "86", "+86", "0086", "9", "90", "90086", "9+86"]))
    number = st.sampled_from([MOBILE, LANDLINE, LOCAL, "95588", "10086", "4008001234", *EMERGENCY])
    return code + draw(number | st.text("0123456789", max_size=14))


sites = st.builds(
    Numbers,
    area=st.sampled_from(["", "0755", "010", "0851"]),
    outside=st.sampled_from(["", "0", "9", "99"]),
    emergency=st.sets(st.from_regex(r"[0-9]{3,6}", fullmatch=True), max_size=3).map(frozenset)
    | st.just(frozenset(EMERGENCY)),
)


@given(sites, dialled())
@example(SITE, "995588")
@example(Numbers("0755", "9"), "995588123")
def test_the_form_that_is_kept_stays(site: Numbers, number: str) -> None:
    assert site.canonical(site.canonical(number)) == site.canonical(number)


@given(sites, dialled(), st.sampled_from(Form))
def test_emergency_numbers_stay_and_nothing_becomes_one(site: Numbers, number: str, form: Form) -> None:
    for changed in (
        site.canonical(number),
        site.written(number, form),
        site.written(site.canonical(number), form),
    ):
        assert (changed in site.emergency) == (number in site.emergency)
        assert number == changed or number not in site.emergency


@given(sites, dialled(), st.sampled_from(Form))
def test_who_is_called_back_over_a_line_is_who_called(site: Numbers, number: str, form: Form) -> None:
    """What a line gets is the same number, in whatever form."""
    kept = site.canonical(number)
    assert site.canonical(site.written(kept, form)) == kept
