"""`callcenter.toml` and the environment, as one validated value.

Environment variables override the file: `CALLCENTER_SITE`, `CALLCENTER_SIP__LISTEN`.
A password, or an address that holds one, may be written `env:NAME` (taken from the environment) or
`file:/path` (a mounted secret).
"""

from callcenter.settings.desks import Desk, Extension, StarCodes
from callcenter.settings.services import HttpSettings
from callcenter.settings.sip import GuardSettings, SipSettings, Trunk
from callcenter.settings.values import split_host_port, split_server
from callcenter.settings.whole import ConfigError, Settings, load_settings

__all__ = [
    "ConfigError",
    "Desk",
    "Extension",
    "GuardSettings",
    "HttpSettings",
    "Settings",
    "SipSettings",
    "StarCodes",
    "Trunk",
    "load_settings",
    "split_host_port",
    "split_server",
]
