"""A stream's SRTP and SRTCP (RFC 3711), by libsrtp. Used only where encryption was agreed."""

from __future__ import annotations

from collections.abc import Callable

from pylibsrtp import Error, Policy, Session

from sip.sdes import Crypto, Keys

_PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}


class NotProtected(OSError):
    """libsrtp refused to encrypt a packet: it must not be sent."""


class Secure:
    """Both directions of one stream. A key that is agreed on again keeps its state (the packet counters)."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._outbound = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        self._inbound = _session(keys.theirs, Policy.SSRC_ANY_INBOUND)

    def rekey(self, keys: Keys) -> None:
        """What a new offer and answer settled (RFC 4568 section 7.1.4)."""
        if _differs(keys.ours, self.keys.ours):
            self._outbound = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        if _differs(keys.theirs, self.keys.theirs):
            self._inbound = _session(keys.theirs, Policy.SSRC_ANY_INBOUND)
        self.keys = keys

    def protect(self, raw: bytes) -> bytes:
        """RTP to SRTP. Raises `NotProtected`."""
        try:
            return self._outbound.protect(raw)
        except (Error, ValueError) as error:
            raise NotProtected(str(error)) from None

    def sender(self, send: Callable[[bytes], int]) -> Callable[[bytes | memoryview], int]:
        """`send` with encryption before it."""
        return lambda raw: send(self.protect(bytes(raw)))

    def unprotect(self, raw: bytes) -> bytes | None:
        """SRTP to RTP; None where it is not authentic, or a replay."""
        try:
            return self._inbound.unprotect(raw)
        except (Error, ValueError):  # ValueError: longer than libsrtp takes
            return None

    def protect_rtcp(self, raw: bytes) -> bytes | None:
        """RTCP to SRTCP; None where libsrtp refuses."""
        try:
            return self._outbound.protect_rtcp(raw)
        except (Error, ValueError):
            return None

    def unprotect_rtcp(self, raw: bytes) -> bytes | None:
        """SRTCP to RTCP; None where it is not authentic, or a replay."""
        try:
            return self._inbound.unprotect_rtcp(raw)
        except (Error, ValueError):
            return None


def _session(crypto: Crypto, direction: int) -> Session:
    return Session(Policy(key=crypto.key, ssrc_type=direction, srtp_profile=_PROFILES[crypto.suite]))


def _differs(one: Crypto, other: Crypto) -> bool:
    return (one.suite, one.key) != (other.suite, other.key)
