"""Commands between roles: a request on `commands/<name>`, an answer on the asker's own reply topic.

A command's id makes it idempotent: whoever gets no answer asks again with the same id, and the one who serves
does the work once and repeats its answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from callcenter.domain.cloudevents import encode, jsonable
from callcenter.domain.topics import command_name, command_topic, is_reply_topic, reply_topic
from callcenter.events.client import Message, MqttClient
from callcenter.events.errors import CommandError, Disconnected, ErrorCode

log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""Gets a command's args and returns its result; refuses with CommandError."""

ASK_AGAIN = 1.0
REMEMBERED = 1000


class CommandClient:
    """Asks other roles to do something. `listen` runs as a task, or the client is entered as a context."""

    def __init__(self, client: MqttClient) -> None:
        self._client = client
        self._topic = reply_topic(client.site, client.client_id)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[CommandClient]:
        """Replies are taken while the block lasts."""
        async with self._client.subscribe(self._topic) as replies:
            reader = asyncio.create_task(self._read(replies), name="command replies")
            try:
                yield self
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def request(
        self,
        name: str,
        args: Mapping[str, Any],
        timeout: float = 10.0,  # noqa: ASYNC109 - it says `unavailable`, which asyncio.timeout does not
    ) -> dict[str, Any]:
        """The command's result. Raises CommandError: the answer's, or `unavailable` after `timeout` s."""
        id = str(uuid4())
        payload = encode({"id": id, "reply_to": self._topic, "args": jsonable(args)})
        answer = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        try:
            async with asyncio.timeout(timeout):
                return _result(await self._ask(command_topic(self._client.site, name), payload, answer))
        except TimeoutError:
            raise CommandError(ErrorCode.UNAVAILABLE, f"nobody answered {name} in {timeout:g} s") from None
        finally:
            del self._waiting[id]

    async def _ask(
        self, topic: str, payload: bytes, answer: asyncio.Future[dict[str, Any]]
    ) -> dict[str, Any]:
        while True:
            await self._client.wait_connected()
            with contextlib.suppress(Disconnected):  # asked again when the connection is back
                await self._client.publish(topic, payload)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(answer), ASK_AGAIN)

    async def _read(self, replies: AsyncIterator[Message]) -> None:
        async for message in replies:
            reply = _json_object(message.payload)
            waiting = self._waiting.get(str(reply.get("id"))) if reply else None
            if reply is not None and waiting is not None and not waiting.done():
                waiting.set_result(reply)


def _result(reply: Mapping[str, Any]) -> dict[str, Any]:
    if reply.get("ok") is True:
        return dict(reply.get("result") or {})
    error = reply.get("error")
    fault = error if isinstance(error, dict) else {}
    code = fault.get("code")
    known = code if code in list(ErrorCode) else ErrorCode.UNAVAILABLE
    raise CommandError(known, str(fault.get("message") or "the command was refused without a reason"))


@dataclass(frozen=True, slots=True)
class _Command:
    id: str
    name: str
    reply_to: str
    args: dict[str, Any]


async def serve_commands(client: MqttClient, site: str, handlers: Mapping[str, Handler]) -> None:
    """Answers the commands named in `handlers` until cancelled; others are left to other roles.

    Each runs in a task of its own, once for each id. The answers of the last REMEMBERED commands are kept.
    """
    server = _Server(client, site, handlers)
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        for name in handlers:
            commands = await stack.enter_async_context(client.subscribe(command_topic(site, name)))
            tasks.create_task(server.read(commands, tasks), name=f"commands {name}")


class _Server:
    def __init__(self, client: MqttClient, site: str, handlers: Mapping[str, Handler]) -> None:
        self._client, self._site, self._handlers = client, site, handlers
        self._answers: OrderedDict[str, asyncio.Task[bytes]] = OrderedDict()

    async def read(self, commands: AsyncIterator[Message], tasks: asyncio.TaskGroup) -> None:
        async for message in commands:
            command = self._parse(message)
            if command is not None:
                answer = self._answer(command, tasks)
                tasks.create_task(self._reply(command, answer), name=f"reply {command.name}")

    def _answer(self, command: _Command, tasks: asyncio.TaskGroup) -> asyncio.Task[bytes]:
        """The task that does the work: a repeated command gets the one of its first copy."""
        if command.id not in self._answers:
            work = tasks.create_task(self._handle(command), name=f"command {command.name}")
            self._answers[command.id] = work
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return self._answers[command.id]

    async def _handle(self, command: _Command) -> bytes:
        log.info("command name=%s id=%s", command.name, command.id)
        try:
            result = jsonable(await self._handlers[command.name](command.args))
            return encode({"id": command.id, "ok": True, "result": result})
        except CommandError as error:
            return _refusal(command.id, error)
        except Exception:
            log.exception("command failed name=%s id=%s", command.name, command.id)
            fault = f"{command.name} failed; the log of the role that serves it says why"
            return _refusal(command.id, CommandError(ErrorCode.UNAVAILABLE, fault))

    async def _reply(self, command: _Command, answer: asyncio.Task[bytes]) -> None:
        payload = await asyncio.shield(answer)
        try:
            await self._client.publish(command.reply_to, payload)
        except Disconnected as error:  # whoever asked asks again
            log.warning("command reply lost name=%s id=%s error=%s", command.name, command.id, error)

    def _parse(self, message: Message) -> _Command | None:
        """None for what cannot even be answered, and for a retained command, which is of another time."""
        value = _json_object(message.payload)
        name = command_name(message.topic)
        if value is None or name is None or name not in self._handlers or message.retained:
            log.warning("command ignored topic=%s reason=%s", message.topic, "malformed or retained")
            return None
        id, reply_to, args = value.get("id"), value.get("reply_to"), value.get("args", {})
        if (
            not isinstance(id, str)
            or not isinstance(reply_to, str)
            or not is_reply_topic(reply_to, self._site)
        ):
            log.warning("command ignored topic=%s reason=%s", message.topic, "no id or reply_to")
            return None
        return _Command(id, name, reply_to, args if isinstance(args, dict) else {})


def _refusal(id: str, error: CommandError) -> bytes:
    return encode({"id": id, "ok": False, "error": {"code": error.code.value, "message": error.message}})


def _json_object(payload: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
