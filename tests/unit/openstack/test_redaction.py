import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.openstack.redaction import HIDDEN, SHORTEST, Redactor

# Not made of what the log itself writes, else it could not be told whether it got out.
SECRETS = st.text(
    st.characters(exclude_characters="*", exclude_categories=("Cs",)), min_size=SHORTEST
).filter(lambda text: text.strip() == text and len(set(text)) > 4)
PLACES = [
    lambda s: {"auth": {"identity": {"password": {"user": {"name": "x", "password": s}}}}},
    lambda s: {"auth": {"passwordCredentials": {"username": "x", "password": s}}},
    lambda s: {"auth": {"RAX-KSKEY:apiKeyCredentials": {"username": "x", "apiKey": s}}},
    lambda s: {"credentials": {"username": "x", "key": s}},
    lambda s: {"auth": {"identity": {"token": {"id": s}, "methods": ["token"]}}},
    lambda s: {"auth": {"identity": {"application_credential": {"id": "i", "secret": s}}}},
    lambda s: {"access": {"token": {"id": s, "expires": "2030"}}},
    lambda s: {"server": {"adminPass": s}},
    lambda s: {"server": {"name": "x", "user_data": s}},
    lambda s: {"server": {"personality": [{"path": "/etc/x", "contents": s}]}},
    lambda s: {"keypair": {"name": "x", "private_key": s}},
    lambda s: {"transfer": {"id": "x", "auth_key": s}},
    lambda s: {"rescue": {"adminPass": s}},
    lambda s: {"connection_info": {"data": {"auth_username": "x", "auth_password": s}}},
]
HEADERS = ["X-Auth-Token", "X-Subject-Token", "X-Auth-Key", "Authorization", "Set-Cookie"]


@given(secret=SECRETS, place=st.sampled_from(PLACES), pretty=st.booleans(), escaped=st.booleans())
def test_a_secret_in_its_place_does_not_get_out_there_nor_later(secret, place, pretty, escaped):
    redactor = Redactor()
    content = json.dumps(place(secret), ensure_ascii=escaped).encode()
    assert secret not in readable(redactor.body(content, "application/json", pretty=pretty))
    assert secret not in redactor.text(f"quota of {secret} exceeded")


@given(secret=SECRETS, name=st.sampled_from(HEADERS))
def test_a_secret_in_a_header_does_not_get_out_there_nor_later(secret, name):
    redactor = Redactor()
    assert redactor.headers({name: secret}) == {name: HIDDEN}
    assert secret not in redactor.text(f"token {secret} unknown")


@given(secret=SECRETS, escaped=st.booleans())
def test_a_secret_that_was_given_does_not_get_out_from_anywhere(secret, escaped):
    redactor = Redactor([secret])
    body = json.dumps({"name": secret, "list": [secret], secret: 1}, ensure_ascii=escaped).encode()
    assert secret not in readable(redactor.body(body, "application/json"))
    assert secret not in redactor.body(secret.encode(), "text/plain")
    assert secret not in redactor.headers({"X-Note": secret})["X-Note"]


def readable(text: str) -> str:
    """Undo the escapes of JSON, behind which a secret could hide."""
    texts = []

    def collect(value):
        if isinstance(value, dict):
            for key, below in value.items():
                texts.append(key)
                collect(below)
        elif isinstance(value, list):
            for each in value:
                collect(each)
        else:
            texts.append(str(value))

    collect(json.loads(text))
    return "\n".join(texts)


@pytest.mark.parametrize("secret", ["p", "demo", "1234"])
def test_a_short_secret_is_hidden_in_its_place_without_garbling_the_rest(secret):
    redactor = Redactor([secret])
    content = json.dumps({"user": {"name": "demo p 1234", "password": secret}}).encode()
    shown = json.loads(redactor.body(content, "application/json"))
    assert shown == {"user": {"name": "demo p 1234", "password": HIDDEN}}


def test_a_catalog_stays_readable():
    catalog = {
        "token": {
            "methods": ["password"],
            "expires_at": "2030-01-01",
            "catalog": [{"id": "c1", "type": "key-manager", "name": "barbican", "endpoints": []}],
            "user": {"id": "u1", "password_expires_at": None},
        }
    }
    shown = json.loads(Redactor().body(json.dumps(catalog).encode(), "application/json"))
    assert shown == catalog


def test_names_and_public_keys_are_no_secrets():
    body = {"server": {"key_name": "mine"}, "keypair": {"public_key": "ssh-ed25519 AAAA"}}
    assert json.loads(Redactor().body(json.dumps(body).encode(), "application/json")) == body


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://vnc.example/?path=x&token=abc", "https://vnc.example/?path=x&token=***"),
        ("https://v.example/x?path=%3Ftoken%3Dabc", "https://v.example/x?path=%3Ftoken%3D***"),
        ("https://s.example/o?temp_url_sig=abc&x=1", "https://s.example/o?temp_url_sig=***&x=1"),
        ("http://ann:pw@k.example/v3", "http://***@k.example/v3"),
        ('<server adminPass="abc" name="x"/>', '<server adminPass="***" name="x"/>'),
    ],
)
def test_secrets_in_urls_and_attributes_are_hidden(text, shown):
    assert Redactor().text(text) == shown


def test_the_key_to_a_volumes_storage_is_hidden():
    body = {
        "connection_info": {"driver_volume_type": "rbd", "data": {"keyring": "[client] AQAB=="}}
    }
    assert "AQAB" not in Redactor().body(json.dumps(body).encode(), "application/json")


def test_a_form_is_read_field_by_field():
    form = b"grant_type=password&username=alice&password=a%20b&client_secret=zz"
    shown = Redactor().body(form, "application/x-www-form-urlencoded")
    assert shown == "grant_type=password&username=alice&password=***&client_secret=***"


def test_a_bearer_s_token_is_known_without_the_word():
    redactor = Redactor()
    redactor.headers({"Authorization": "Bearer abcdefgh"})
    assert redactor.text("abcdefgh") == HIDDEN
