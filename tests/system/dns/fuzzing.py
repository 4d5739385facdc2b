"""``python fuzzing.py -runs=N``: atheris looks for a request that gets past the gateway's checks.

Guided by coverage, on what the gateway does with a request before DNS is touched. Exits with 0 if N
requests were each refused, or may do no more than the rules allow. ``weaker`` gives the gateway a rule
that is not what it should be, which the fuzzer has to notice.
"""

import ipaddress
import re
import sys
from hashlib import sha256

import atheris

with atheris.instrument_imports(include=["leasehold.dns"]):
    from leasehold.dns.gateway.accounts import Accounts, Owner
    from leasehold.dns.gateway.ask import Asked, Refusal, check
    from leasehold.dns.gateway.settings import Settings, networks
    from leasehold.dns.server import Server

TOKEN = "token"
RULE, NAMES = re.compile(r"(foo|bar)[0-9]{1,3}"), re.compile(r"bar[0-9]+")
WEAKER = re.compile(RULE.pattern + ".*")
SETTINGS = Settings(
    server=Server("127.0.0.1"),
    domain="lab.example",
    allow=WEAKER if "weaker" in sys.argv else RULE,
    proxies=networks(("10.0.0.0/8",)),
)
OWNER = Owner(name="bar", fingerprint="sha256:" + sha256(TOKEN.encode()).hexdigest(), names=NAMES)
OPEN, OWNED = Accounts(None, None), Accounts(None, (OWNER,))


def one(data: bytes) -> None:
    """Send one request; raises if it may do what it must not."""
    given = atheris.FuzzedDataProvider(data)
    owned = given.ConsumeBool()
    asked = Asked(
        name=given.PickValueInList(["", "foo1", "bar12"]) + given.ConsumeUnicodeNoSurrogates(4),
        addresses=tuple(
            given.PickValueInList(["", "10.0.0.7", "2001:db8::1"])
            + given.ConsumeUnicodeNoSurrogates(2)
            for _ in range(given.ConsumeIntInRange(0, 2))
        ),
        authorization=given.PickValueInList(["", f"Bearer {TOKEN}"]) + _header(given),
        real_ip=given.PickValueInList(["", "10.0.0.8"]) + _header(given),
        peer=given.PickValueInList(["127.0.0.1", "10.1.2.3", "::1", ""]),
    )
    try:
        wish = check(asked, SETTINGS, OWNED if owned else OPEN)
    except Refusal:
        return
    assert RULE.fullmatch(wish.label), wish
    assert wish.label.isascii(), wish
    assert NAMES.fullmatch(wish.label) or not owned, wish
    assert wish.addresses, wish
    for address in wish.addresses:
        ipaddress.ip_address(address)
    believed = not asked.peer or asked.peer.startswith("10.")
    assert asked.addresses or believed, wish


def _header(given: atheris.FuzzedDataProvider) -> str:
    """What an HTTP header can hold: bytes, each taken for a character."""
    return str(given.ConsumeBytes(2).decode("latin-1"))


if __name__ == "__main__":
    atheris.Setup([word for word in sys.argv if word != "weaker"], one)
    atheris.Fuzz()
