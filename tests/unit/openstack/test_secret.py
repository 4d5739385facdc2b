import pickle

import msgspec
import pytest

from leasehold.openstack import Secret, connect
from leasehold.openstack.secret import decode_secret

from .wire import settings


class Letter(msgspec.Struct):
    key: Secret


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, lambda s: f"{[s]}"])
def test_a_secret_does_not_show_in_any_text(show):
    assert "hunter2" not in show(Secret("hunter2"))


def test_a_secret_gives_its_text_only_on_request():
    assert Secret("hunter2").reveal() == "hunter2"


def test_a_secret_cannot_be_pickled():
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret("hunter2"))


def test_an_answer_is_decoded_into_a_secret():
    letter = msgspec.json.decode(b'{"key": "hunter2"}', type=Letter, dec_hook=decode_secret)
    assert letter.key == Secret("hunter2")


def test_a_secret_that_is_no_text_is_refused_without_being_shown():
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"key": 4711}', type=Letter, dec_hook=decode_secret)
    assert "4711" not in str(caught.value)


def test_the_settings_of_a_cloud_do_not_show_its_password():
    assert "correct horse" not in repr(settings())


def test_an_object_with_passwords_in_it_is_secret_as_a_whole():
    letter = msgspec.json.decode(
        b'{"key": {"auth_password": "x"}}', type=Letter, dec_hook=decode_secret
    )
    assert "x" not in repr(letter)
    assert msgspec.json.decode(letter.key.reveal()) == {"auth_password": "x"}


def test_the_user_of_a_url_is_not_shown_with_the_settings() -> None:
    cloud = connect(
        auth_url="http://bob:hunter22@keystone.example/v3",
        username="alice",
        password="correct horse",
        endpoints={"compute": "http://bob:hunter22@nova.example/v2.1"},
    )
    shown = repr(cloud.settings) + repr(cloud.settings.sign_in)
    assert "hunter22" not in shown
    assert "http://***@keystone.example/v3" in shown
