"""A whole service whose trunk is Kamailio, and what it says of it: at `/healthz`, and to the doctor."""

from __future__ import annotations

from pathlib import Path

from callcenter.doctor import examine
from tests.interop.challenger import PASSWORD, challenger
from tests.interop.peers import stop
from tests.service import RunningService, running_service
from tests.support import wait_for

_TRUNK = """
[[trunk]]
id = "carrier"
mode = "register"
server = "{server}"
username = "0755"
password = "{password}"
ping = 1
"""


def told(service: RunningService, state: str) -> None:
    """Waits until the service says so of its trunk."""

    def trunk() -> str:
        roles = service.http.get("/healthz").json()["roles"]
        return str(roles.get("switchboard", {}).get("trunks", {}).get("carrier", ""))

    wait_for(lambda: trunk().startswith(state), 40, message=f"{trunk()}: {service.log[-2000:]}")


def doctor_says(service: RunningService) -> dict[str, str]:
    return {check.what.split()[-1]: check.found for check in examine(service.config, None)}


def test_row_10_a_carrier_is_registered_at_and_then_gone(tmp_path: Path) -> None:
    with challenger(tmp_path / "carrier", "SHA-256") as carrier:
        extra = _TRUNK.format(server=carrier.server, password=PASSWORD)
        with running_service(tmp_path / "service", extra) as service:
            told(service, "registered")
            found = doctor_says(service)
            assert found["carrier"] == f"{carrier.server} answers"
            assert found[f"127.0.0.1:{service.sip[1]}"] == "in use, the service is running"
            stop(carrier.process)
            told(service, "unreachable since 2")
            assert doctor_says(service)["carrier"] == f"{carrier.server} no answer"


def test_row_10_a_wrong_password_is_a_state_that_the_admin_reads(tmp_path: Path) -> None:
    with challenger(tmp_path / "carrier", "MD5") as carrier:
        extra = _TRUNK.format(server=carrier.server, password="wrong")
        with running_service(tmp_path / "service", extra) as service:
            told(service, "refused: wrong")
            assert "wrong" in service.log and PASSWORD not in service.log
