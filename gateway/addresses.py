"""IP addresses as they are compared."""

from __future__ import annotations

import ipaddress


def parsed_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address without a zone, one of IPv4 as such although it came in as one of IPv6. Raises `ValueError` if it is none."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
