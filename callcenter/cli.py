"""The command line. Parts are imported when their command runs, so that `--help` is quick."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from callcenter import __version__
from callcenter.console import DEFAULT_CONFIG, Config, Data, clear_errors, err, out, settings_of
from callcenter.corpus_commands import corpus_app
from callcenter.logs import logging_lines
from callcenter.settings import Settings
from callcenter.standard_commands import standard_app
from callcenter.transcript_commands import print_transcript

app = typer.Typer(
    name="callcenter",
    help="三响 Sanxiang: a telephone service desk that answers within three rings and can prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
model_app = typer.Typer(help="The speech model.", no_args_is_help=True)
app.add_typer(model_app, name="model")
flow_app = typer.Typer(help="What a desk does with a caller.", no_args_is_help=True)
app.add_typer(flow_app, name="flow")

app.add_typer(corpus_app, name="corpus")
app.add_typer(standard_app, name="standard")
app.command("transcript")(print_transcript)

prompts_app = typer.Typer(help="What callers hear, and recordings of one's own.", no_args_is_help=True)
app.add_typer(prompts_app, name="prompts")

Sip = Annotated[str | None, typer.Option("--sip", metavar="HOST:PORT", help="Where SIP listens.")]
Http = Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="Where the pages are.")]
Mqtt = Annotated[
    str | None, typer.Option("--mqtt", metavar="URL", help="A broker instead of the embedded one.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Log debugging details.")]


def main() -> None:
    """Entry point of the `callcenter` command."""
    app()


@app.command()
def up(
    config: Config = None,
    data: Data = None,
    sip: Sip = None,
    http: Http = None,
    mqtt: Mqtt = None,
    verbose: Verbose = False,
) -> None:
    """Start everything: switchboard, scribe, web, and the embedded broker unless --mqtt names another."""
    from callcenter.store import migrate
    from callcenter.supervisor import Supervisor, embedded_broker
    from callcenter.switchboard.flow_watch import Flows
    from callcenter.web.role import loopback_address
    from prompts.languages import load_catalogues
    from transcripts.engines import engine_model

    with logging_lines(verbose), clear_errors():
        settings = settings_of(config, data, sip, http, mqtt)
        loopback_address(settings.http.listen)
        engine_model(settings.scribe.engine, settings.scribe.model)
        # As the switchboard will, which would only die.
        Flows(settings, lambda: load_catalogues(settings.prompts).whole)
        migrate.upgrade(settings.database_url)
        roles = ["switchboard", "scribe", "web"]
        flags = _flags(config, data, sip, http) + (["--verbose"] if verbose else [])
        url = settings.mqtt.url
        if not url:
            url = f"mqtt://{embedded_broker(settings.mqtt.embedded)}"
            roles.insert(0, "broker")
        # By the environment, for a URL may hold a password and a command line is seen by everybody.
        supervisor = Supervisor(roles, flags, {"CALLCENTER_MQTT__URL": url})
        status = asyncio.run(supervisor.run())
    raise typer.Exit(status)


def _flags(config: Path | None, data: Path | None, sip: str | None, http: str | None) -> list[str]:
    given = {"--config": config, "--data": data, "--sip": sip, "--http": http}
    return [text for flag, value in given.items() if value is not None for text in (flag, str(value))]


def _run_role(name: str, settings: Settings) -> None:
    from callcenter import app as wiring

    runs: dict[str, Callable[[], None]] = {
        "switchboard": lambda: wiring.run_switchboard(settings),
        "scribe": lambda: wiring.run_scribe(settings),
        "web": lambda: wiring.run_web(settings, lambda url: out.print(f"三响 {url}", highlight=False)),
        "broker": lambda: wiring.run_broker(settings),
    }
    runs[name]()


def _role_command(name: str, help: str, hidden: bool = False) -> None:
    """`callcenter NAME` runs one role in this process; all take the same options."""

    def command(
        config: Config = None,
        data: Data = None,
        sip: Sip = None,
        http: Http = None,
        mqtt: Mqtt = None,
        verbose: Verbose = False,
    ) -> None:
        with logging_lines(verbose), clear_errors():
            _run_role(name, settings_of(config, data, sip, http, mqtt))

    app.command(name, help=help, hidden=hidden)(command)


_role_command("switchboard", "Only the role that takes calls.")
_role_command("scribe", "Only the role that transcribes and judges.")
_role_command("web", "Only the role that serves the pages and the API.")
_role_command("broker", "Only the embedded MQTT broker.", hidden=True)


@app.command()
def demo(
    exit_after: Annotated[
        bool, typer.Option("--exit", help="End after the calls; status 0 if all were right.")
    ] = False,
    dialogues: Annotated[Path | None, typer.Option(help="Play the dialogues of this folder.")] = None,
    data: Data = None,
) -> None:
    """Eight calls between real phones, and what the desk makes of them."""
    from callcenter.demo.run import run_demo
    from transcripts.model import find_model

    with clear_errors():
        _install_model(None)
        find_model()
        status = asyncio.run(run_demo(exit_after=exit_after, dialogues=dialogues, data=data, console=out))
    raise typer.Exit(status)


@app.command()
def calls(
    config: Config = None,
    data: Data = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="As the API gives them.")] = False,
) -> None:
    """The newest calls."""
    from callcenter.listing import calls_json, calls_table

    with clear_errors():
        settings = settings_of(config, data)
        if as_json:
            sys.stdout.write(json.dumps(calls_json(settings, limit), ensure_ascii=False, indent=1) + "\n")
        else:
            out.print(calls_table(settings, limit))


@app.command()
def judge(
    agent: Annotated[Path, typer.Option(help="The agent's side, a WAV file.")],
    caller: Annotated[Path, typer.Option(help="The caller's side, a WAV file.")],
    standard: Annotated[str, typer.Option(help="Name of a standard, or the path of one.")] = "vanke",
    facts: Annotated[Path | None, typer.Option(help="What signalling knows of the call, as JSON.")] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="The company's or desk's name; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Judge a recording made elsewhere. Both files start at the agent's answer."""
    from callcenter.listing import findings_table
    from callcenter.scribe.judge_files import finding_json, judge_files
    from callcenter.standards import load_standard
    from transcripts.model import find_model
    from transcripts.vosk_engine import VoskRecogniser

    with clear_errors():
        wanted = load_standard(standard)
        recogniser = VoskRecogniser(find_model())
        findings = judge_files(wanted, agent, caller, facts, name or [], recogniser)
    if as_json:
        result = {"findings": [finding_json(finding) for finding in findings]}
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    else:
        out.print(findings_table(findings))


@app.command()
def rejudge(
    config: Config = None,
    data: Data = None,
    standard: Annotated[str, typer.Option(metavar="NAME", help="Only calls of this standard.")] = "",
    desk: Annotated[str, typer.Option(metavar="ID", help="Only calls of this desk.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Only calls begun since.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Show how far it is until it has ended.")] = True,
) -> None:
    """Judge stored calls again by the standards as they are now; a running scribe does the work.

    The old verdicts stay. No sound is decoded: what was heard is on record.
    """
    from callcenter import rejudge_command

    with clear_errors():
        settings = settings_of(config, data)
        wanted = rejudge_command.wanted_of(settings, standard, desk, since)
        good = rejudge_command.rejudge(settings, wanted, out, wait=wait)
    raise typer.Exit(0 if good else 1)


@app.command()
def doctor(config: Config = None, data: Data = None) -> None:
    """Say what is wrong with this installation, and how to mend it."""
    from callcenter.doctor import examine, report

    with clear_errors():
        if config is None and DEFAULT_CONFIG.exists():
            config = DEFAULT_CONFIG
        checks = examine(config, data)
    out.print(report(checks))
    raise typer.Exit(0 if not any(check.fails for check in checks) else 1)


FlowFile = Annotated[Path, typer.Argument(metavar="FILE", help="A flow, such as flows/front.toml.")]


@flow_app.command("check")
def flow_check(file: FlowFile, config: Config = None) -> None:
    """Say what is wrong with a flow, in itself and at the site of the configuration; change nothing."""
    from callcenter.flow_checks import whole

    with clear_errors():
        flow = whole(file, settings_of(config))
    out.print(f"流程无误 the flow is good: {file} {flow.digest}", highlight=False, soft_wrap=True)


@flow_app.command("show")
def flow_show(file: FlowFile) -> None:
    """Draw a flow: what a caller meets, step by step."""
    from callcenter.flow_tree import flow_tree
    from callcenter.flows import load_flow

    with clear_errors():
        out.print(flow_tree(load_flow(file), str(file)), soft_wrap=True)


@model_app.command("install")
def model_install(
    source: Annotated[
        Path | None, typer.Option("--from", help="A zip or folder that you already have.")
    ] = None,
) -> None:
    """Install the speech model (42 MB); does nothing if it is there."""
    with clear_errors():
        _install_model(source)


def _install_model(source: Path | None) -> None:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from transcripts.model import install_model

    columns = (TextColumn("语音模型 speech model"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("model", total=None)
        folder = install_model(
            source, progress=lambda what, done, total: progress.update(task, completed=done, total=total)
        )
    out.print(f"语音模型已就绪 the speech model is in {folder}", highlight=False, soft_wrap=True)


Language = Annotated[str, typer.Option("--language", metavar="CODE", help="zh-CN, en, yue, …")]


@prompts_app.command("list")
def prompts_list(
    language: Annotated[str, typer.Option("--language", metavar="CODE", help="Only this language.")] = "",
    config: Config = None,
    data: Data = None,
) -> None:
    """Every prompt: its id, its words, and whether it ships or is the site's own."""
    from callcenter import prompt_commands

    with clear_errors():
        out.print(prompt_commands.listed(settings_of(config, data), language))


@prompts_app.command("add")
def prompts_add(
    prompt_id: Annotated[str, typer.Argument(metavar="ID", help="A new id, or that of a shipped prompt.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sound file of any usual format.")],
    text: Annotated[str, typer.Option(help="The words that it holds, for the pages.")] = "",
    language: Language = "zh-CN",
    config: Config = None,
    data: Data = None,
) -> None:
    """Keep a recording of one's own; a running switchboard takes it within seconds."""
    from callcenter import prompt_commands

    with clear_errors():
        kept = prompt_commands.add(settings_of(config, data), prompt_id, file, text, language)
    out.print(
        f"{prompt_id} {language}: {kept.seconds:.1f} s, {kept.lufs:.0f} LUFS -> -19 LUFS", highlight=False
    )


@prompts_app.command("say")
def prompts_say(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What is to be said, one sentence.")],
    prompt_id: Annotated[str, typer.Option("--id", metavar="ID", help="Keep it as this prompt.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="A WAV file.")] = None,
    voice: Annotated[str, typer.Option(help="Whose voice.")] = "zf_xiaobei",
    speed: Annotated[float, typer.Option(min=0.5, max=2.0, help="1 is the voice's own.")] = 1.05,
    voices: Annotated[
        Path | None, typer.Option("--voices", envvar="CALLCENTER_VOICES", help="Folder of the voices.")
    ] = None,
    language: Language = "zh-CN",
    config: Config = None,
    data: Data = None,
) -> None:
    """Speak a prompt with the Mandarin voice of the shipped ones (wants the extra `voice`)."""
    from callcenter import prompt_commands
    from prompts.voice import Voice

    if not prompt_id and output is None:
        raise typer.BadParameter("say where it is to be kept: --id ID, -o FILE, or both")
    with clear_errors():
        chosen = Voice(voice, speed, voices)
        made = prompt_commands.say(settings_of(config, data), words, chosen, prompt_id, output, language)
    for path in made:
        out.print(str(path), highlight=False, soft_wrap=True)


@prompts_app.command("remove")
def prompts_remove(
    prompt_id: Annotated[str, typer.Argument(metavar="ID")],
    language: Language = "zh-CN",
    config: Config = None,
    data: Data = None,
) -> None:
    """Forget a recording of one's own; where one ships, that is heard again."""
    from callcenter import prompt_commands

    with clear_errors():
        after = prompt_commands.remove(settings_of(config, data), prompt_id, language)
    out.print(f"{prompt_id} {language}: {after}", highlight=False)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"sanxiang {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    pass
