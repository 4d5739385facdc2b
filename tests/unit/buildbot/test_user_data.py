"""User-data with the worker's name and password, and texts without."""

from leasehold.buildbot.user_data import filled, without


def test_name_password_and_master_are_put_in_wherever_they_stand() -> None:
    template = "#!/bin/sh\njoin @MASTER@ @WORKER_NAME@ '@WORKER_PASSWORD@' # @WORKER_NAME@\n"
    text = filled(template, name="one", password="s3", master="ci:9989")
    assert text == "#!/bin/sh\njoin ci:9989 one 's3' # one\n"


def test_a_secret_is_blotted_out_of_a_text() -> None:
    assert without("s3", "login s3, s3!") == "login ***, ***!"
    assert without("", "login") == "login"
