"""Which microversion a call is answered in."""

import pytest

from leasehold.emulator.microversions import MicroversionRefused, Microversions

NOVA = Microversions(
    service_type="compute",
    lowest=(2, 1),
    highest=(2, 104),
    legacy_header="X-OpenStack-Nova-API-Version",
)
CINDER = Microversions(service_type="volume", lowest=(3, 0), highest=(3, 71))


def test_without_a_wish_it_is_the_lowest() -> None:
    assert NOVA.negotiate({}) == (2, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"openstack-api-version": "compute 2.90"},
        {"x-openstack-nova-api-version": "2.90"},
        {"openstack-api-version": "volume 3.70, compute 2.90"},
        {"openstack-api-version": "compute 2.90", "x-openstack-nova-api-version": "2.3"},
    ],
)
def test_the_newer_header_wins_over_the_older(headers: dict[str, str]) -> None:
    assert NOVA.negotiate(headers) == (2, 90)


def test_another_services_version_is_nobodys_wish() -> None:
    assert CINDER.negotiate({"openstack-api-version": "compute 2.90"}) == (3, 0)


def test_latest_is_the_highest() -> None:
    assert CINDER.negotiate({"openstack-api-version": "volume latest"}) == (3, 71)


@pytest.mark.parametrize(
    ("wanted", "status"), [("2.105", 406), ("1.1", 406), ("2.x", 400), ("", 400), ("2", 400)]
)
def test_what_is_not_on_offer_is_refused(wanted: str, status: int) -> None:
    with pytest.raises(MicroversionRefused) as caught:
        NOVA.negotiate({"x-openstack-nova-api-version": wanted})
    assert caught.value.status == status


def test_the_answer_names_the_version_under_both_headers() -> None:
    assert NOVA.headers((2, 90)) == {
        "openstack-api-version": "compute 2.90",
        "x-openstack-nova-api-version": "2.90",
        "vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }
    assert CINDER.headers((3, 27)) == {
        "openstack-api-version": "volume 3.27",
        "vary": "OpenStack-API-Version",
    }
