"""What a row stands on, and how its spec reaches the cloud."""

import pytest

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    FloatingIpSpec,
    Kind,
    ObjectId,
    ServerSpec,
    Spec,
)
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import State, needs_of, resolve
from tests.unit.engine.builders import SPECS, a_row

SERVER = ServerSpec(name="n", flavor_id="f", ports=("port-1", "port-2"), boot_volume="volume-1")
IDS = {
    ObjectId(name): CloudId(name.upper()) for name in ("port-1", "port-2", "volume-1", "server-1")
}


@pytest.mark.parametrize(
    ("spec", "needs"),
    [
        (SERVER, ("port-1", "port-2", "volume-1")),
        (ServerSpec(name="n", flavor_id="f"), ()),
        (FloatingIpSpec(network_id="net", port="port-1"), ("port-1",)),
        (AttachmentSpec(server="server-1", volume="volume-1"), ("server-1", "volume-1")),
        (AttachmentSpec(server="", volume=""), ()),
        (SPECS[Kind.PORT], ()),
        (SPECS[Kind.VOLUME], ()),
    ],
)
def test_what_a_spec_needs(spec: Spec, needs: tuple[str, ...]) -> None:
    assert needs_of(spec) == needs


@pytest.mark.parametrize(
    "spec", [SERVER, *(SPECS[k] for k in Kind)], ids=lambda s: type(s).__name__
)
def test_a_resolved_spec_names_the_clouds_ids_and_nothing_else_changes(spec: Spec) -> None:
    after = resolve(spec, IDS)
    assert needs_of(after) == tuple(IDS[need] for need in needs_of(spec))
    assert resolve(after, {ObjectId(v): CloudId(k) for k, v in IDS.items()}) == spec


def test_a_spec_whose_needs_have_no_id_is_not_resolved() -> None:
    with pytest.raises(KeyError):
        resolve(SERVER, {})


@pytest.mark.parametrize("kind", Kind)
def test_a_row_knows_its_kind_by_its_spec(kind: Kind) -> None:
    assert a_row(kind).kind is kind


def test_a_row_is_doomed_when_it_is_unwanted_or_failed() -> None:
    assert not a_row(state=State.UP).doomed
    assert a_row(wanted=False).doomed
    assert a_row(failure=Reason(cause=Cause.LOST, text="gone")).doomed
