"""Webhook targets: the URLs that an operator may add, and the addresses that messages may reach.

By default a target speaks https at a public address. An operator lists exceptions, such as software
in the office's own network. A name is judged by the addresses that it resolves to when a message is
sent, since the owner of its DNS can change them at any time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import SplitResult, parse_qsl, urlsplit

from dossier.errors import Misconfigured, WrongUse

_MAX_URL = 500
_HOST = re.compile(r"[a-z0-9]([a-z0-9.\-]{0,251}[a-z0-9])?")
_SECRET_NAME = re.compile(r"token|key|secret|pass|pwd|sig|auth|cred|jwt", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"[A-Za-z0-9+/_=.\-]{20,}")
# RFC 6052 §2.1: a NAT64 gateway turns these into the IPv4 address in their last 32 bits.
_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TargetRefused(Misconfigured):
    """``webhook.target-refused``: the policy does not allow the address of a target."""


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """Which targets are allowed besides https at public addresses.

    Attributes:
        hosts: names that may be plain http and resolve to addresses that are not public.
        networks: the same for addresses.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def from_setting(cls, text: str) -> Self:
        """The policy with the exceptions of a setting: names, addresses, networks; by commas.

        Raises:
            Misconfigured: ``setting.bad``: an entry is none of these.
        """
        hosts, networks = set[str](), list[Network]()
        for entry in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not _HOST.fullmatch(entry) or entry.replace(".", "").isdecimal():
                    raise Misconfigured(
                        "setting.bad",
                        "SOHOA_WEBHOOK_EXCEPTIONS: give host names, addresses or networks such as "
                        "10.1.0.0/16, separated by commas",
                    ) from None
                hosts.add(entry)
        return cls(frozenset(hosts), tuple(networks))

    def check_url(self, text: str) -> str:
        """Check the form of a target's URL.

        Returns:
            The URL.

        Raises:
            WrongUse: ``webhook.bad-url``; ``webhook.not-https``: only an exception may be http;
                ``webhook.secret-in-url``: it would stand in the receiver's logs.
        """
        parts = _split(text)
        if parts.scheme == "http" and not self._excepted(parts.hostname or ""):
            raise WrongUse(
                "webhook.not-https",
                "give an https address; an operator can list this host as an exception in "
                "SOHOA_WEBHOOK_EXCEPTIONS",
            )
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            if _SECRET_NAME.search(name) or _SECRET_VALUE.fullmatch(value):
                raise WrongUse(
                    "webhook.secret-in-url",
                    "the query of this address seems to hold a secret; leave it out, and let the "
                    "receiver check the signature of each message",
                )
        return text

    def allows(self, host: str, address: str) -> bool:
        """Whether a connection to an address of a host is allowed.

        Args:
            host: as it stands in the URL.
            address: one of those that the host resolves to.
        """
        try:
            found = _effective(ip_address(address))
        except ValueError:
            return False
        if found.is_link_local or found.is_multicast or found.is_unspecified:
            return False  # also not as an exception: metadata services answer at link-local ones
        return _is_public(found) or self._listed(found) or host.lower() in self.hosts

    def _excepted(self, host: str) -> bool:
        if host.lower() in self.hosts:
            return True
        try:
            return self._listed(_effective(ip_address(host)))
        except ValueError:
            return False

    def _listed(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.fragment
        or port == 0
        or len(text) > _MAX_URL
        or not text.isascii()
        or any(c.isspace() for c in text)
    ):
        raise WrongUse(
            "webhook.bad-url",
            "give an address such as https://motcua.example.vn/sohoa, without user, password or #",
        )
    return parts


def _effective(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = None if address.teredo is None else address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _is_public(address: Address) -> bool:
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not address.is_reserved and not site_local
