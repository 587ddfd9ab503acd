"""Every module is held by a test file of its own, or by the one named here."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
TESTS = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
PACKAGES = ("sip", "transcripts", "prompts", "callcenter")

HELD_BY = {
    # Protocols and tables of values: those who use them.
    "transcripts/recogniser.py": "test_vosk_engine.py",
    "callcenter/domain/alerts.py": "test_alerts.py",
    "callcenter/domain/findings.py": "test_judging.py",
    "callcenter/standards/instructions.py": "test_merging.py",
    "callcenter/standards/errors.py": "test_loader.py",
    "callcenter/domain/reason_texts.py": "test_reasons.py",
    "callcenter/judging/facts.py": "test_facts_json.py",
    "callcenter/standards/wording.py": "test_explaining.py",
    "callcenter/console.py": "test_cli.py",
    "callcenter/store/tables.py": "test_migrate.py",
    "callcenter/store/columns.py": "test_migrate.py",
    "callcenter/store/verdict_tables.py": "test_migrate.py",
    "callcenter/store/entries.py": "test_work.py",
    "sip/media/track.py": "test_stream.py",
    # Parts of one thing, held together.
    "callcenter/settings/desks.py": "test_settings.py",
    "callcenter/settings/review.py": "test_settings.py",
    "callcenter/settings/services.py": "test_settings.py",
    "callcenter/settings/sip.py": "test_settings.py",
    "callcenter/settings/values.py": "test_settings.py",
    "callcenter/settings/whole.py": "test_settings.py",
    "sip/aio/talk.py": "test_steering.py",
    "sip/aio/player.py": "test_stream.py",
    "sip/aio/rtp_poller.py": "test_stream.py",
    "sip/aio/rtp_link.py": "test_stream.py",
    "sip/aio/passage.py": "test_crossing.py",
    "sip/aio/encoded.py": "test_crossing.py",
    "sip/aio/ear.py": "test_conference.py",
    "callcenter/events/status.py": "test_client.py",
    "callcenter/switchboard/transfers.py": "test_refer.py",
    "callcenter/switchboard/ways.py": "test_story.py",
    "callcenter/switchboard/telling.py": "test_story.py",
    "callcenter/switchboard/lot.py": "test_park.py",
    "callcenter/switchboard/mailbox.py": "test_leaving.py",
    "callcenter/switchboard/offers.py": "test_queueing.py",
    "callcenter/check.py": "test_doctor.py",
    "callcenter/corpus_commands.py": "test_scoring.py",
    "callcenter/scribe/commit.py": "test_role.py",
    "callcenter/judging/case.py": "test_judging.py",
    "callcenter/judging/outcome.py": "test_judging.py",
    "callcenter/judging/phrases.py": "test_judging.py",
    "callcenter/judging/signalling.py": "test_judging.py",
    "callcenter/store/search.py": "test_utterances.py",
    "transcripts/rooms.py": "test_numbers.py",
    "transcripts/pairing.py": "test_fusion.py",
    "transcripts/clock.py": "test_times.py",
    "transcripts/days.py": "test_times.py",
    "transcripts/durations.py": "test_times.py",
    "transcripts/points.py": "test_times.py",
    "transcripts/time_sounds.py": "test_times.py",
    "callcenter/store/counts.py": "test_health.py",
    "callcenter/store/days.py": "test_queries.py",
    "callcenter/store/office.py": "test_api_office.py",
    "callcenter/web/api/callbacks.py": "test_api_callbacks.py",
    "callcenter/web/api/office.py": "test_api_office.py",
    "callcenter/web/api/work_models.py": "test_api_office.py",
    "callcenter/web/api/days.py": "test_api_calls.py",
    "callcenter/web/api/models.py": "test_api_calls.py",
    "callcenter/web/api/reviews.py": "test_api_reviews.py",
    "callcenter/web/api/review_models.py": "test_api_reviews.py",
    "callcenter/web/api/rejudgings.py": "test_api_rejudgings.py",
    "callcenter/web/people.py": "test_api_reviews.py",
    "callcenter/web/pages/reviews.py": "test_review_pages.py",
    "callcenter/web/pages/scores.py": "test_review_pages.py",
    "callcenter/web/api/quality.py": "test_api_reviews.py",
    "callcenter/web/app.py": "test_errors.py",
    "callcenter/web/context.py": "test_api_calls.py",
    "callcenter/web/pages/day.py": "test_pages.py",
    "callcenter/web/views/figures.py": "test_views.py",
    "callcenter/web/views/i18n.py": "test_views.py",
    "callcenter/web/views/render.py": "test_views.py",
    "callcenter/web/views/prompts.py": "test_prompt_pages.py",
    "callcenter/web/pages/prompts.py": "test_prompt_pages.py",
    "callcenter/web/views/live.py": "test_live_view.py",
    "callcenter/web/pages/office.py": "test_office_pages.py",
    # Processes of their own.
    "callcenter/demo/phones/baresip_agent.py": "test_phones.py",
    "callcenter/demo/phones/pyvoip_caller.py": "test_phones.py",
    "callcenter/demo/phones/sipp_agent.py": "test_phones.py",
    "callcenter/demo/run.py": "test_demo.py",
    "callcenter/demo/stage.py": "test_demo.py",
    # The wiring, whole: three roles started apart.
    "callcenter/app.py": "test_compose.py",
}


def modules() -> list[str]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(
        str(path.relative_to(ROOT))
        for path in found
        if not path.name.startswith("__") and "migrations" not in path.parts
    )


@pytest.mark.parametrize("module", modules())
def test_a_module_has_its_tests(module: str) -> None:
    wanted = HELD_BY.get(module, f"test_{Path(module).stem}.py")
    assert wanted in TESTS, f"{module} is held by no test: write {wanted}"


def test_the_exceptions_are_modules() -> None:
    assert set(HELD_BY) <= set(modules())
