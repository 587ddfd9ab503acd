"""Scenarios for sipp, composed from steps, so that a variant is a line:

    scenario(invite(), answered(), pause(500), bye(2, "uac"))       # a caller
    scenario(called(), ring(3000), answer(), receive("ACK"), wait_bye())   # an agent

A caller's `service` (option -s) is whom it calls, an agent's its own name; `user` (-key user) is one's own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

Role = Literal["uas", "uac"]

RTP_STREAM = "[rtpstream_audio_port]"
"""The port of sipp's `rtp_stream` (option -mp); `play_pcap_audio` sends from "[media_port]" instead."""
URI = "sip:[service]@[remote_ip]:[remote_port]"
INVITE_BRANCH = "z9hG4bK-[pid]-[call_number]-"
DTMF_PCAP = "/usr/share/sip-tester/dtmf_2833_{}.pcap"


# --- steps of a scenario ---


def sdp(port: str = RTP_STREAM, direction: str = "sendrecv", version: int = 1, codec: str = "8 PCMA") -> str:
    """A session description; `codec` is payload type and name, telephone-event is 101."""
    number, name = codec.split()
    return (
        f"\nv=0\no=peer 1 {version} IN IP4 [media_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n"
        f"m=audio {port} RTP/AVP {number} 101\na=rtpmap:{number} {name}/8000\n"
        f"a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na=ptime:20\na={direction}\n"
    )


def message(head: str, body: str = "", attributes: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if body.startswith("\nv=0") else ""
    lines = f"{head.strip()}\n{kind}Content-Length: [len]\n{body or chr(10)}"
    return f"<send {attributes}><![CDATA[\n{lines}\n]]></send>\n"


def receive(what: int | str, attributes: str = "", action: str = "") -> str:
    kind = "response" if str(what).isdigit() else "request"
    return f'<recv {kind}="{what}" {attributes}><action>{action}</action></recv>\n'


def grab(name: str, pattern: str, header: str = "", where: str = "hdr") -> str:
    """An action that keeps what `pattern` finds in `header` (where="msg": in the message) as `$name`."""
    place = f'header="{header}:"' if header else ""
    return f'<ereg regexp="{pattern}" search_in="{where}" {place} assign_to="{name}"/>'


def pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>\n'


def label(name: str) -> str:
    return f'<label id="{name}"/>\n'


def play(file: Path | str, codec: str = "8,PCMA/8000") -> str:
    """Sends a headerless A-law file once; sipp sends on while the next steps wait."""
    return f'<nop><action><exec rtp_stream="{file},1,{codec}"/></action></nop>\n'


def digit(key: str) -> str:
    """RFC 4733 for one key (0-9, star, pound); needs `sdp("[media_port]")`."""
    return f'<nop><action><exec play_pcap_audio="{DTMF_PCAP.format(key)}"/></action></nop>\n'


def scenario(*steps: str) -> str:
    text = "".join(steps) + label("end")
    names = sorted(set(",".join(re.findall(r'assign_to="([\w,]+)"', text)).split(",")) - {""})
    # sipp refuses a scenario with a variable that nothing reads
    text += f'<Reference variables="{",".join(names)}"/>' if names else ""
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="peer">\n{text}</scenario>\n'


def register(expires: int = 600) -> str:
    """REGISTER, challenged with 401, for `Sipp.start(..., user=, password=, contact=)`."""
    head = (
        "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\n"
        "From: <sip:[user]@[remote_ip]>;tag=[pid]r\nTo: <sip:[user]@[remote_ip]>\nCall-ID: [call_id]\n"
        f"CSeq: {{}} REGISTER\nContact: <sip:[user]@[contact]>\nExpires: {expires}\nMax-Forwards: 70\n"
    )
    retrans = 'retrans="500"'
    first = message(head.format(1), attributes=retrans) + receive(401, 'auth="true"')
    second = message(head.format(2) + "[authentication]\n", attributes=retrans)
    # On a busy machine the first was sent again before its answer came, and is answered once more.
    return first + second + receive(401, 'optional="true"') + receive(200)


# --- the agent (UAS) ---


def called() -> str:
    """Waits for the INVITE and keeps both parties for requests of our own."""
    return receive("INVITE", 'rrs="true"', grab("them", ".*", "From") + grab("me", ".*", "To"))


def respond(
    code: int,
    reason: str,
    body: str = "",
    extra: str = "",
    attributes: str = "",
    cseq: str = "[last_CSeq:]",
    tag: str = ";tag=[pid]s[call_number]",
) -> str:
    head = (
        f"SIP/2.0 {code} {reason}\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]{tag}\n"
        f"[last_Call-ID:]\n{cseq}\nContact: <sip:[service]@[local_ip]:[local_port]>\n{extra}"
    )
    return message(head, body, attributes)


def respond_inside(code: int, reason: str, body: str = "", extra: str = "", attributes: str = "") -> str:
    """A response to a request inside the dialog, whose To already has its tag."""
    return respond(code, reason, body, extra, attributes, tag="")


def ring(milliseconds: int, code: int = 180, body: str = "") -> str:
    """Rings; a CANCEL meanwhile gets 200 and 487 and ends the scenario, else the next step answers."""
    return (
        respond(code, "Ringing", body)
        + receive("CANCEL", f'timeout="{milliseconds}" ontimeout="answer"')
        + respond_inside(200, "OK")
        + respond(
            487, "Request Terminated", cseq="CSeq: [last_cseq_number] INVITE", attributes='retrans="500"'
        )
        + receive("ACK", 'next="end"')
        + label("answer")
    )


def acknowledged() -> str:
    """Waits for the ACK. A request that was sent again because our answer was late is answered again, which
    sipp does not do by itself once it has sent two responses: it would give the call up."""
    return 2 * receive("INVITE", 'optional="true"') + receive("ACK")


def answer(body: str | None = None, extra: str = "") -> str:
    return respond(200, "OK", body or sdp(), extra, 'retrans="500"')


def refuse(code: int, reason: str) -> str:
    return respond(code, reason, attributes='retrans="500"') + acknowledged()


def wait_bye() -> str:
    return receive("BYE") + respond_inside(200, "OK")


# --- requests of our own ---


def request(
    method: str,
    cseq: int,
    body: str = "",
    extra: str = "",
    role: Role = "uas",
    uri: str = "[next_url]",
    branch: str = "[branch]",
) -> str:
    """A request inside a dialog. `cseq` counts from 1 for a "uas" and on from the INVITE's for a "uac"."""
    if role == "uas":
        parties = "From:[$me];tag=[pid]s[call_number]\nTo:[$them]"
    else:
        parties = (
            "From: <sip:[user]@[remote_ip]>;tag=[pid]c[call_number]\n"
            "To: <sip:[service]@[remote_ip]>[peer_tag_param]"
        )
    head = (
        f"{method} {uri} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch};rport\n"
        f"{parties}\n[routes]\nCall-ID: [call_id]\nCSeq: {cseq} {method}\nMax-Forwards: 70\n"
        f"Contact: <sip:[user]@[local_ip]:[local_port]>\n{extra}"
    )
    return message(head, body, "" if method == "ACK" else 'retrans="500"')


def outside(text: str) -> str:
    """The same request outside a dialog."""
    return text.replace("[routes]\n", "").replace("[peer_tag_param]", "")


def bye(cseq: int, role: Role = "uas") -> str:
    return request("BYE", cseq, role=role) + receive(200)


def reinvite(cseq: int, direction: str, version: int, role: Role = "uas") -> str:
    return (
        request("INVITE", cseq, sdp(direction=direction, version=version), role=role)
        + receive(100, 'optional="true"')
        + receive(200)
        + request("ACK", cseq, role=role)
    )


def refer(cseq: int, to: str, role: Role = "uas") -> str:
    """REFER, 202, and one to four NOTIFYs up to a final status line (RFC 3515)."""
    final = grab("final", "SIP/2.0 [2-6][0-9][0-9]", where="msg")
    headers = f"Refer-To: {to}\nReferred-By: <sip:[user]@[local_ip]>\n"
    told = receive("NOTIFY", action=final) + respond_inside(200, "OK", attributes='next="told" test="final"')
    return request("REFER", cseq, extra=headers, role=role) + receive(202) + told * 4 + label("told")


SECOND_CALL = "b///[call_id]"
"""The Call-ID of a second dialog: sipp ignores what stands before `///`."""
REPLACES = (
    "?Replaces=b%2F%2F%2F[call_id]%3Bto-tag%3D[$totag]%3Bfrom-tag%3D[pid]c[call_number]&amp;Require=replaces"
)
"""The dialog that `consult` made, for the URI of a Refer-To."""


def consult(number: str, user: str, password: str) -> str:
    """A second call of the same phone, challenged with 401, then answered."""

    def second(text: str) -> str:
        text = text.replace("[service]", number).replace("Call-ID: [call_id]", f"Call-ID: {SECOND_CALL}")
        return text.replace("[routes]\n", "")

    branches = [f"{INVITE_BRANCH}b{attempt}" for attempt in (1, 2)]
    credentials = f"[authentication username={user} password={password}]\n"
    kept = grab("all,totag", "tag=(.*)", "To") + grab("target", "sip:[^&gt;]*", "Contact")
    return (
        second(outside(request("INVITE", 1, sdp(), "", "uac", URI, branches[0])))
        + receive(100, 'optional="true"')
        + receive(401, 'auth="true"')
        + second(request("ACK", 1, role="uac", uri=URI, branch=branches[0]))
        + second(outside(request("INVITE", 2, sdp(), credentials, "uac", URI, branches[1])))
        + progress()
        + receive(200, action=kept)
        + second(request("ACK", 2, role="uac", uri="[$target]"))
    )


def take_reinvite(direction: str, version: int) -> str:
    body = sdp(direction=direction, version=version)
    return receive("INVITE") + respond_inside(200, "OK", body) + acknowledged()


def invite(cseq: int = 1, body: str | None = None, extra: str = "") -> str:
    return outside(request("INVITE", cseq, body or sdp(), extra, "uac", URI, f"{INVITE_BRANCH}{cseq}"))


def progress() -> str:
    return "".join(receive(code, 'optional="true"') for code in (100, 180, 183))


def answered(cseq: int = 1) -> str:
    return progress() + receive(200, 'rrs="true" rtd="true"') + request("ACK", cseq, role="uac")


def refused(code: int, cseq: int = 1, attributes: str = "") -> str:
    """A final refusal and its ACK, which belongs to the INVITE's transaction (RFC 3261 17.1.1.3)."""
    ack = request("ACK", cseq, role="uac", uri=URI, branch=f"{INVITE_BRANCH}{cseq}")
    return receive(code, attributes) + ack.replace("[routes]\n", "")


def challenged(cseq: int = 1, code: int = 401) -> str:
    """The server asks who calls; the next INVITE carries credentials."""
    return receive(100, 'optional="true"') + refused(code, cseq, 'auth="true"')


def authenticated_invite(user: str, password: str, body: str | None = None, extra: str = "") -> str:
    """INVITE, 401, ACK, INVITE with credentials; whatever follows belongs to CSeq 2."""
    credentials = f"[authentication username={user} password={password}]\n"
    return invite(body=body) + challenged() + invite(2, body, credentials + extra)


def cancel(milliseconds: int, cseq: int = 1) -> str:
    """CANCEL after ringing for a while, and the 487 it brings (RFC 3261 9.1)."""
    request_line = outside(request("CANCEL", cseq, role="uac", uri=URI, branch=f"{INVITE_BRANCH}{cseq}"))
    return (
        receive(100, 'optional="true"')
        + receive(180)
        + pause(milliseconds)
        + request_line
        + receive(200)
        + refused(487, cseq)
    )
