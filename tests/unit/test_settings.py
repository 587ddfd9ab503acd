"""`callcenter.toml` and the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.settings import ConfigError, Settings, load_settings, split_host_port
from callcenter.settings.services import ScribeSettings

ROOT = Path(__file__).parent.parent.parent
DESK = """
[[desk]]
id = "front"
number = "8000"
name = "前台"
agents = ["8001"]

[[extension]]
number = "8001"
password = "secret-8001"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "callcenter.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("name", ["callcenter.toml", "docker/callcenter.toml"])
def test_the_files_we_ship_are_good(name: str, tmp_path: Path) -> None:
    text = (ROOT / name).read_text("utf-8").replace("file:/run/secrets/", "made-up-")
    settings = load_settings(written(tmp_path, text))
    assert settings.desks[0].agents == ("8001", "8002")


def test_no_file_is_all_defaults() -> None:
    settings = load_settings(None)
    assert settings.http.listen == "127.0.0.1:8080"
    assert settings.recordings == Path("data/recordings")
    assert settings.database_url == f"sqlite:///{Path('data').resolve()}/callcenter.db"
    assert settings.desk("front") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("site = 3", "site"),
        ('site = "Main Office"', "site"),
        ("wrong = 1", "wrong"),
        ("[sip]\nlisten = 5060", "sip.listen"),
        ('[sip]\nlisten = "5060"', "sip.listen: '5060' is not HOST:PORT"),
        ('[sip]\nlisten = "0.0.0.0:70000"', "sip.listen"),
        ("[sip]\nlissten = 1", "sip.lissten"),
        ("[sip]\nsession_expires = 60", "sip.session_expires: write 90 to 86400"),
        ("[scribe]\nworkers = 65", "scribe.workers"),
        (DESK.replace('id = "front"', ""), "desk[0].id"),
        (DESK.replace('["8001"]', "[]"), "desk[0].agents"),
        (DESK.replace('["8001"]', '["8009"]'), "desk 'front' names agent '8009', which is no [[extension]]"),
        (DESK.replace('"8000"', '"8001"'), "the number 8001 is given to two desks or extensions"),
        (DESK + "ring_timeout = 0", "extension[0].ring_timeout"),
        ('[[trunk]]\nid = "c"\nusername = "c"\npassword = "x"\nmode = "register"', "trunk[0]"),
        (
            '[[trunk]]\nid = "c"\nusername = "c"\npassword = "env:NO_SUCH_VARIABLE"',
            "NO_SUCH_VARIABLE is not set",
        ),
        (
            '[[trunk]]\nid = "c"\nusername = "c"\npassword = "file:/no/file"',
            "cannot read the secret file /no/file",
        ),
    ],
)
def test_a_bad_line_is_named_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert told in str(caught.value)


def test_every_bad_line_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(written(tmp_path, "site = 3\nnode = 4\n"))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"site = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "callcenter.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="is not valid TOML"):
        load_settings(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_settings(tmp_path / "none.toml")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_SITE", "east")
    monkeypatch.setenv("CALLCENTER_SIP__LISTEN", "127.0.0.1:5070")
    settings = load_settings(
        written(tmp_path, 'site = "west"\n[sip]\nlisten = "0.0.0.0:5060"\nrealm = "r"\n')
    )
    assert settings.site == "east"
    assert settings.sip.listen == "127.0.0.1:5070"
    assert settings.sip.realm == "r"


def test_a_bad_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_SIP__LISTEN", "somewhere")
    with pytest.raises(ConfigError, match=r"sip\.listen"):
        load_settings(None)


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PASSWORD", "from-env")
    (tmp_path / "secret").write_text("from-file\n")
    (tmp_path / "url").write_text("mqtt://user:hidden@broker\n")
    text = DESK.replace("secret-8001", "env:MY_PASSWORD")
    text += f'[[extension]]\nnumber = "8002"\npassword = "file:{tmp_path}/secret"\n'
    text += f'[mqtt]\nurl = "file:{tmp_path}/url"\n'
    settings = load_settings(written(tmp_path, text))
    passwords = [extension.password.get_secret_value() for extension in settings.extensions]
    assert passwords == ["from-env", "from-file"]
    assert settings.mqtt.url == "mqtt://user:hidden@broker"


def test_no_secret_shows(tmp_path: Path) -> None:
    text = DESK + '[database]\nurl = "postgresql://u:hidden@h/d"\n[mqtt]\nurl = "mqtt://u:hidden@h"\n'
    settings = load_settings(written(tmp_path, text))
    assert "secret-8001" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "hidden" not in f"{settings!r} {settings}"


def test_the_command_line_wins_over_all(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, DESK))
    changed = settings.with_overrides({"data": tmp_path, "http": {"listen": "127.0.0.1:9000"}})
    assert (changed.data, changed.http.listen) == (tmp_path, "127.0.0.1:9000")
    assert changed.desks == settings.desks
    with pytest.raises(ConfigError, match="command line: listen"):
        settings.with_overrides({"http": {"listen": "nowhere"}})


@pytest.mark.parametrize(
    ("text", "parts"),
    [("127.0.0.1:5060", ("127.0.0.1", 5060)), ("[::1]:0", ("::1", 0)), ("localhost:80", ("localhost", 80))],
)
def test_host_and_port_are_told_apart(text: str, parts: tuple[str, int]) -> None:
    assert split_host_port(text) == parts


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(), "site", "other")  # noqa: B010


@pytest.mark.parametrize(
    "text",
    [
        DESK.replace('"8000"', '"110"'),
        DESK.replace("8001", "119"),
        '[park]\nslots = ["701", "120"]\n',
        '[sip]\nemergency = ["112"]\n[park]\nslots = ["112"]\n',
    ],
)
def test_an_emergency_number_is_nobody_else_s(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is an emergency number"):
        load_settings(written(tmp_path, text))


def test_a_desk_names_a_standard_that_ships_or_a_file_beside_the_configuration(tmp_path: Path) -> None:
    def standard(line: str) -> str:
        text = DESK.replace('name = "前台"\n', f'name = "前台"\n{line}\n')
        return load_settings(written(tmp_path, text)).desks[0].standard

    assert standard('standard = "sunac"') == "sunac"
    assert standard('standard = "standards/own.toml"') == str(tmp_path / "standards" / "own.toml")


def test_what_a_desk_says_otherwise_than_its_standard_is_kept_for_the_standards_to_check(
    tmp_path: Path,
) -> None:
    head, _, tail = DESK.partition("\n[[extension]]")
    text = f'{head}\n[desk.override.rule.opening]\nnames = ["海棠物业"]\n\n[[extension]]{tail}'
    desk = load_settings(written(tmp_path, text)).desks[0]
    assert desk.override == {"rule": {"opening": {"names": ["海棠物业"]}}}


def test_what_people_review_is_set_by_shares(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, "[review]\nnew_agent_days = 10\nappeal_days = 3\n"))
    assert settings.review.sampling.new_agent == timedelta(days=10)
    assert settings.review.appeal_limit == timedelta(days=3)
    with pytest.raises(ConfigError, match=r"review\.random_share"):
        load_settings(written(tmp_path, "[review]\nrandom_share = 2\n"))


def test_the_scribe_s_processes_follow_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """One core is the media path's; a number that is set is taken as it is."""
    for cores, expected in ((1, 1), (2, 1), (6, 5), (64, 8)):
        monkeypatch.setattr("os.sched_getaffinity", lambda pid, cores=cores: set(range(cores)))
        assert ScribeSettings().processes == expected
    assert ScribeSettings(workers=3).processes == 3
