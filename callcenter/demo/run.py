"""`callcenter demo`: starts a service, lets independent phones call it, and shows how it judged them."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from callcenter.demo.hotline import TITLES, Hotline, Shown, hotline_table
from callcenter.demo.phones.phone import PhoneError, agent_script, caller_script
from callcenter.demo.report import Result, table
from callcenter.demo.script import DemoCall, ScriptError, five_calls, read_folder
from callcenter.demo.service import Service, ServiceError
from callcenter.demo.stage import JUDGED, Stage
from callcenter.standards import standard_names
from transcripts.model import ModelError, find_model

AT_ONCE = 6
"""Calls at one time: each takes two processes, and two cores have to carry them and the recogniser."""
READY = 60.0
"""Seconds within which the service has to be up."""
UNSEEN_WIDTH = 100
"""Columns at least where the console is no terminal: a file or a log has no edge to wrap at."""
GOOD, WRONG, CANNOT, INTERRUPTED = 0, 1, 2, 130


async def run_demo(*, exit_after: bool, dialogues: Path | None, data: Path | None, console: Console) -> int:
    """Runs the demo and returns its exit status: 0 only if every call came out as it should.

    `dialogues` is a folder to play instead of the eight calls; `data` is where the service keeps its things
    (a temporary folder if None). Unless `exit_after`, the service goes on until Ctrl-C.
    """
    if not console.is_terminal:
        console.width = max(console.width, UNSEEN_WIDTH)
    try:
        calls = read_folder(dialogues, standard_names()) if dialogues else five_calls()
        agent_script(), caller_script(), find_model()
    except (ScriptError, PhoneError, ModelError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        return CANNOT
    folder = data or Path(tempfile.mkdtemp(prefix="sanxiang-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    status = await _until_interrupted(_Demo(calls, folder, console), exit_after)
    if data is None and status == GOOD:
        shutil.rmtree(folder, ignore_errors=True)
    elif status != GOOD:
        console.print(f"日志 logs: {folder}")
    return status


async def _until_interrupted(demo: _Demo, exit_after: bool) -> int:
    """Ctrl-C or SIGTERM ends the demo in order: phones first, then the service."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait(), name="demo-interrupt")
    work = asyncio.create_task(demo.run(), name="demo")
    try:
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
            return INTERRUPTED
        status = work.result()
        if not exit_after and demo.service is not None and not stop.is_set():
            demo.console.print("服务继续运行，按 Ctrl-C 结束。The service goes on running; Ctrl-C ends it.")
            ended = asyncio.create_task(demo.service.process.wait(), name="demo-service")
            await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
        return status
    finally:
        stopped.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if demo.service is not None:
            await demo.service.stop()


class _Demo:
    """One run: the service, its calls, and the lines that show how far they are."""

    def __init__(self, calls: list[DemoCall], folder: Path, console: Console) -> None:
        self.calls, self.folder, self.console = calls, folder, console
        self.service: Service | None = None
        self.lines: dict[int, TaskID] = {}
        self.scenes: dict[str, TaskID] = {}
        self.shown: list[Shown] = []
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[state]}[/]"),
            TimeElapsedColumn(),
            console=console,
        )

    async def run(self) -> int:
        try:
            self.service = await Service.start(self.calls, self.folder)
            with self.console.status("启动服务 starting the service"):
                await self.service.ready(READY)
            self.console.print(f"服务已启动 the service is up: {self.service.ports.page}")
            results = await self.play_all(self.service)
        except (ServiceError, PhoneError) as error:
            self.console.print(f"[red]{escape(str(error))}[/]")
            return WRONG
        self.console.print(table(results))
        self.console.print(hotline_table(self.shown))
        self.console.print(f"网页 page: [bold]{self.service.ports.page}[/]")
        wrong = [each for each in self.shown if each.wrong]
        return GOOD if not wrong and not any(result.differences() for result in results) else WRONG

    async def play_all(self, service: Service) -> list[Result]:
        phones = self.folder / "phones"
        phones.mkdir(exist_ok=True)
        stage, room = Stage(service, phones, self.say), asyncio.Semaphore(AT_ONCE)

        async def one(script: DemoCall) -> Result:
            async with room:
                return await stage.perform(script)

        with self.progress:
            for script in self.calls:
                self.lines[script.number] = self.progress.add_task(escape(script.title), state="", total=1)
            self.scenes = {
                scene: self.progress.add_task(escape(title), state="", total=1)
                for scene, title in TITLES.items()
            }
            async with stage.busy_extension():
                hotline = asyncio.create_task(Hotline(stage, self.say_scene).perform(), name="demo-hotline")
                results = list(await asyncio.gather(*(one(script) for script in self.calls)))
                self.shown = await hotline
            deadline = time.monotonic() + JUDGED
            await asyncio.gather(*(stage.judgement(result, deadline) for result in results))
        return results

    def say_scene(self, scene: str, state: str) -> None:
        """The same for a scene of the hotline."""
        self.progress.update(self.scenes[scene], state=state, completed=1 if state.startswith("已") else 0)
        if not self.console.is_terminal:
            self.console.print(f"{TITLES[scene]}: {state}")

    def say(self, script: DemoCall, state: str) -> None:
        """What a call is doing now; a line of its own where the console is no terminal."""
        done = state.startswith(("已", "未"))
        self.progress.update(self.lines[script.number], state=state, completed=1 if done else 0)
        if not self.console.is_terminal:
            self.console.print(f"{script.title}: {state}")
