"""Every wrong configuration is refused with its file, its key, what was found and what is allowed."""

from pathlib import Path

import pytest

from leasehold.lab.config import FlavorRule, ImageRule, NetworkRule, load
from leasehold.lab.open import open_lab
from leasehold.lab.table import ConfigError

CLOUD = '[clouds.a]\ncloud = "x"\n'
DEMO = CLOUD + '[machine_types.demo]\ncloud = "a"\nimage = "debian"\n'


def written(directory: Path, text: str) -> Path:
    path = directory / "leasehold.toml"
    path.write_text(text)
    return path


def refused(directory: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(written(directory, text))
    assert str(caught.value).startswith(str(directory / "leasehold.toml"))
    return caught.value


def test_a_small_configuration_gets_defaults_that_work(tmp_path: Path) -> None:
    config = load(written(tmp_path, DEMO))
    assert config.service.listen == "127.0.0.1:8484"
    assert config.state_directory == tmp_path / ".leasehold"
    demo = config.machine_types["demo"]
    assert demo.flavor == FlavorRule()
    assert demo.node_name("demo", 7) == "demo007"


def test_rules_for_images_and_flavors_are_tables(tmp_path: Path) -> None:
    text = DEMO.replace('"debian"', '{ match = "debian-.*" }') + "flavor = { cores = 2 }\n"
    demo = load(written(tmp_path, text)).machine_types["demo"]
    assert demo.image == ImageRule(match="debian-.*")
    assert demo.flavor == FlavorRule(cores=2)


def test_history_is_kept_for_ever_unless_it_is_said_how_long(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).service.history_seconds is None
    text = '[service]\nhistory = "365d"\n'
    assert load(written(tmp_path, text)).service.history_seconds == 365 * 86400


LIMITS = """
[limits]
nodes = 10
leases = 3
owners."ann@lab" = { nodes = 20 }
"""


def test_limits_hold_for_each_owner_but_those_who_have_their_own(tmp_path: Path) -> None:
    limits = load(written(tmp_path, LIMITS)).limits
    assert limits.any
    assert (limits.of("bob").nodes, limits.of("bob").leases) == (10, 3)
    assert (limits.of("ann@lab").nodes, limits.of("ann@lab").leases) == (20, None)
    assert not load(written(tmp_path, DEMO)).limits.any


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[limits]\nnodes = 0\n", "limits.nodes"),
        ("[limits]\nleases = -1\n", "limits.leases"),
        ("[limits]\nowners.ann = { nodes = 0 }\n", 'limits.owners."ann".nodes'),
        ("[limits]\nowners.ann = { node = 2 }\n", 'limits.owners."ann".node'),
    ],
)
def test_a_limit_that_cannot_be_is_refused_with_its_key(tmp_path, text: str, key: str) -> None:
    assert refused(tmp_path, text).key == key


FIXED = '[machine_types.smithi]\nkind = "fixed"\n'


def test_fixed_nodes_need_no_cloud_and_come_by_being_registered(tmp_path: Path) -> None:
    smithi = load(written(tmp_path, FIXED)).machine_types["smithi"]
    assert (smithi.count, smithi.proof) == (0, "ssh")


def test_fixed_nodes_may_be_named_by_the_configuration(tmp_path: Path) -> None:
    text = FIXED + 'nodes = 2\nnames = "smithi{n:03}"\nready = "none"\n'
    smithi = load(written(tmp_path, text)).machine_types["smithi"]
    assert (smithi.count, smithi.proof) == (2, "none")


@pytest.mark.parametrize(
    ("line", "key", "allowed"),
    [
        ('cloud = "a"', "cloud", "a fixed node is no server in a cloud"),
        ('image = "debian"', "image", "a fixed node is no server in a cloud"),
        ('metadata = { a = "b" }', "metadata", "a fixed node is no server in a cloud"),
        ("config_drive = true", "config_drive", "a fixed node is no server in a cloud"),
        ('ready = "sentinel"', "ready", "for fixed nodes, 'ssh' or 'none'"),
    ],
)
def test_what_only_a_server_can_have_is_refused_for_fixed_nodes(
    tmp_path: Path, line: str, key: str, allowed: str
) -> None:
    error = refused(tmp_path, f"{CLOUD}{FIXED}{line}\n")
    assert error.key == f"machine_types.smithi.{key}"
    assert allowed in error.allowed


def test_systems_have_tables_and_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "jammy.yaml").write_text("#cloud-config\npackages: [ntp]\n")
    text = f"""{CLOUD}[machine_types.demo]
cloud = "a"
networks = ["lab", {{ match = ["test-.*", "dev-.*"] }}]
[machine_types.demo.systems."ubuntu-22.04"]
image = {{ match = "jammy", exclude = ["a", "b"] }}
user_data_file = "jammy.yaml"
"""
    demo = load(written(tmp_path, text)).machine_types["demo"]
    assert demo.networks == ("lab", NetworkRule(match=("test-.*", "dev-.*")))
    system = demo.systems["ubuntu-22.04"]
    assert system.image == ImageRule(match="jammy", exclude=("a", "b"))
    assert system.user_data == "#cloud-config\npackages: [ntp]\n"


@pytest.mark.parametrize(
    ("lines", "key", "found", "allowed"),
    [
        ("imag = 1", 'systems."x-1".imag', "an unknown key", "did you mean image"),
        ("image = 1", 'systems."x-1".image', "1", "Expected"),
        ('image = { match = "(" }', 'systems."x-1".image.match', "'('", "a regular expression"),
        ('flavor = { allow = ["a", "("] }', 'systems."x-1".flavor.allow', "'('", "regular"),
        ('user_data = "hello"', 'systems."x-1".user_data', "begins with", "or a script"),
        (
            'user_data = "#cloud-config\\npackages: {a: 1}"',
            'systems."x-1".user_data',
            "packages in user-data is a list; it has to be a dict",
            "#cloud-config",
        ),
        (
            'user_data = "#!/bin/sh"\nuser_data_file = "x"',
            'systems."x-1".user_data_file',
            "user_data as well",
            "one of the two",
        ),
    ],
)
def test_a_wrong_line_of_a_system_is_named(tmp_path, lines, key, found, allowed) -> None:
    base = DEMO + 'user_data = "#cloud-config\\npackages: [a]"\n'
    error = refused(tmp_path, f'{base}[machine_types.demo.systems."x-1"]\n{lines}\n')
    assert error.key == f"machine_types.demo.{key}"
    assert found in error.found
    assert allowed in error.allowed


def test_an_empty_file_is_a_lab_without_machines(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).machine_types == {}


@pytest.mark.parametrize(
    ("line", "key", "found", "allowed"),
    [
        ("nods = 3", "machine_types.demo.nods", "an unknown key", "did you mean nodes"),
        ('nodes = "3"', "machine_types.demo.nodes", '"3"', "Expected `int"),
        ("nodes = -1", "machine_types.demo.nodes", "-1", ">= 0"),
        ('ready = "none"', "machine_types.demo.ready", "'none'", "cloud nodes, 'sentinel' or"),
        ('ready = "maybe"', "machine_types.demo.ready", '"maybe"', "Invalid enum value"),
        ('duration = "2x"', "machine_types.demo.duration", "'2x'", "2h or 1h30m"),
        ('duration = "8d"', "machine_types.demo.duration", "8d", "at most max_duration, 7d"),
        ('names = "demo"', "machine_types.demo.names", "'demo'", "one field {n}"),
        ('names = "De_mo{n}"', "machine_types.demo.names", "'De_mo{n}'", "a host name"),
        ('names = "demo{m}"', "machine_types.demo.names", "'demo{m}'", "one field {n}"),
        ('default_system = "x"', "machine_types.demo.default_system", "'x'", "there is none"),
        ("systems = 3", "machine_types.demo.systems", "3", "tables"),
        (
            'systems = { "Ubuntu 22" = {} }',
            'machine_types.demo.systems."Ubuntu 22"',
            "Ubuntu",
            "OS-V",
        ),
        ('boot_volume_type = "a"', "machine_types.demo.boot_volume_type", "no boot_", "a size"),
        ('networks = [{ match = "(" }]', "machine_types.demo.networks[0].match", "'('", "regular"),
        ('address = "floating"', "machine_types.demo.address", "without floating_ip", "'fixed'"),
        ("flavor = { core = 1 }", "machine_types.demo.flavor", '{"core":1}', "unknown field"),
        (
            'flavor = { allow = "(" }',
            "machine_types.demo.flavor.allow",
            "'('",
            "a regular expression",
        ),
        (
            'user_data = "hello"',
            "machine_types.demo.user_data",
            "begins with 'hello'",
            "#cloud-config or a script",
        ),
        (
            'user_data_file = "no.yaml"',
            "machine_types.demo.user_data_file",
            "No such file",
            "a readable file",
        ),
        (
            'user_data = "#!/bin/sh"\nuser_data_file = "u"',
            "machine_types.demo.user_data_file",
            "user_data as well",
            "one of the two",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, key, found, allowed) -> None:
    error = refused(tmp_path, f"{DEMO}{line}\n")
    assert error.key == key
    assert found in error.found
    assert allowed in error.allowed


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("[servce]", "servce", "service"),
        ("[clouds.a\n", "", "TOML"),
        ("clouds = 3", "clouds", "[clouds.NAME]"),
        ('[service]\nhistory = "ever"', "service.history", "'forever', or 1s or more"),
        ("[clouds]\na = 3", "clouds.a", "a table"),
        ('[clouds.A_B]\ncloud = "x"', "clouds.A_B", "lower-case"),
        (DEMO.replace('"a"', '"b"'), "machine_types.demo.cloud", "a"),
        (
            CLOUD + '[machine_types.demo]\ncloud = "a"',
            "machine_types.demo.image",
            "or kind = 'fixed'",
        ),
        ('[machine_types.demo]\nimage = "x"', "machine_types.demo.cloud", "there is none"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, key, allowed) -> None:
    error = refused(tmp_path, text)
    assert error.key == key
    assert allowed in error.allowed


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leasehold init --cloud NAME"):
        load(tmp_path / "none.toml")


def test_user_data_is_read_from_its_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text("#cloud-config\npackages: [git]\n")
    demo = load(written(tmp_path, f'{DEMO}user_data_file = "web.yaml"\n')).machine_types["demo"]
    assert demo.user_data == "#cloud-config\npackages: [git]\n"
    assert demo.user_data_file is None


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('duration = "0s"', "duration"),
        ('queue_patience = "0m"', "queue_patience"),
        ('boot_patience = "1w"', "boot_patience"),
        ('ready_patience = ""', "ready_patience"),
        ('health_every = "0s"', "health_every"),
        ("health_attempts = 0", "health_attempts"),
        ('names = "demo{n.real.x}"', "names"),
        ('names = "demo{n[0]}"', "names"),
        ('names = "demo{}"', "names"),
        ('names = "demo{n"', "names"),
        (f'names = "{"x" * 60}{{n}}"\nnodes = 1000', "names"),
        ('image = { match = "[" }', "image.match"),
        ('flavor = { exclude = "*" }', "flavor.exclude"),
        ("volumes = [{ size_gib = 0 }]", "volumes[0].size_gib"),
        ("ssh_port = 70000", "ssh_port"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_its_key(tmp_path, line: str, key: str) -> None:
    base = DEMO.replace('image = "debian"\n', "") if line.startswith("image") else DEMO
    assert refused(tmp_path, f"{base}{line}\n").key == f"machine_types.demo.{key}"


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 3, column 10"):
        load(written(tmp_path, CLOUD + "broken = = 1\n"))


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leasehold.toml"
    path.write_bytes(b'[clouds.a]\ncloud = "\xe4"\n')
    with pytest.raises(ConfigError, match="TOML"):
        load(path)


def test_a_directory_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        'auth = { username = "u", password = "hunter2", extra = [1] }',
        'auth = { application_credential_secret = "hunter2", extra = [] }',
    ],
)
def test_a_secret_is_not_shown_in_the_error_about_its_neighbour(tmp_path: Path, line: str) -> None:
    error = refused(tmp_path, f"[clouds.a]\n{line}\n")
    assert error.key.startswith("clouds.a.auth")
    assert "hunter2" not in str(error)


def test_user_data_that_is_no_yaml_is_refused_without_showing_it(tmp_path: Path) -> None:
    text = DEMO + "user_data = '''#cloud-config\nchpasswd: [hunter2\nx: {'''\n"
    error = refused(tmp_path, text)
    assert error.key == "machine_types.demo.user_data"
    assert "in line" in error.found
    assert "hunter2" not in str(error)


def test_the_nodes_of_a_type_are_named_by_its_pattern(tmp_path: Path) -> None:
    demo = load(written(tmp_path, f'{DEMO}names = "lab{{n:04}}-x"\n')).machine_types["demo"]
    assert demo.node_name("demo", 12) == "lab0012-x"


NAMES = '[dns.lab]\ndomain = "lab.example"\n'


@pytest.mark.parametrize(
    ("text", "key", "found", "allowed"),
    [
        (NAMES, "dns.lab.key_file", "neither", "one of the two"),
        (NAMES + 'key_file = "k"\nnsupdate_url = "http://x"\n', "dns.lab.key_file", "both", "one"),
        (NAMES + 'nsupdate_url = "x"\n', "dns.lab.nsupdate_url", "'x'", "https://"),
        (NAMES + 'key_file = "k"\nzone = "b.example"\n', "dns.lab.zone", "'b.example'", "is in"),
        (NAMES + 'key_file = "k"\nreverse_zones = ["10"]\nttl = -1\n', "dns.lab.ttl", "-1", ">= 0"),
        ('[dns.lab]\ndomain = "Lab."\nkey_file = "k"\n', "dns.lab.domain", "'Lab.'", "lower case"),
        (
            NAMES + 'nsupdate_url = "http://x"\nreverse_zones = ["10.in-addr.arpa"]\n',
            "dns.lab.reverse_zones",
            "beside nsupdate_url",
            "addresses only",
        ),
        (DEMO + 'dns = "lab"\n', "machine_types.demo.dns", "'lab'", "there is none"),
        (
            NAMES + 'key_file = "k"\n' + DEMO + 'dns = "labs"\n',
            "machine_types.demo.dns",
            "'labs'",
            "lab",
        ),
    ],
)
def test_a_wrong_domain_names_its_key_and_what_is_allowed(
    tmp_path: Path, text: str, key: str, found: str, allowed: str
) -> None:
    error = refused(tmp_path, text)
    assert (error.key, found in error.found, allowed in error.allowed) == (key, True, True)


def test_a_key_file_that_is_no_good_stops_the_lab_before_it_starts(tmp_path: Path) -> None:
    text = NAMES + 'key_file = "lab.key"\n'
    (tmp_path / "lab.key").write_text('key a { algorithm hmac-md5; secret "c2VjcmV0"; };')
    with pytest.raises(ConfigError, match="hmac-md5") as caught:
        open_lab(load(written(tmp_path, text)))
    assert caught.value.key == "dns.lab.key_file"
    assert "c2VjcmV0" not in str(caught.value)
    assert not (tmp_path / ".leasehold" / "ledger.db").exists()


AUTH = '[clouds.a]\nauth_file = "a.auth.toml"\n[clouds.a.auth]\nauth_url = "https://k/v3"\n'


def test_arguments_of_a_cloud_can_be_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    (tmp_path / "a.auth.toml").write_text('username = "ann"\npassword = "hush"\n')
    cloud = load(written(tmp_path, AUTH)).clouds["a"]
    assert cloud.auth == {"auth_url": "https://k/v3", "username": "ann", "password": "hush"}
    assert "hush" not in repr(cloud)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        ("password = hush", "allowed: TOML"),
        ("password = ['hush']", "password: found a list; allowed: a text"),
        ('auth_url = "hush"', "auth_url: found one in [clouds.a.auth]"),
    ],
)
def test_a_file_of_arguments_that_cannot_be_used_is_told_without_what_is_in_it(
    tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "a.auth.toml").write_text(content)
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, AUTH))
    assert told in str(caught.value)
    assert "a.auth.toml" in str(caught.value)
    assert "hush" not in str(caught.value)


AGENT = '[clouds.a]\nauth_file = "agent.yml"\n'
STANZA = """version: 1
dataset:
  backend: openstack
  region: LON
  auth_plugin: v3totp
  auth_url: https://k/v3
  username: ann
  passcode: hush
"""


def test_a_cloud_can_be_the_one_of_a_flocker_agents_stanza(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text(STANZA)
    cloud = load(written(tmp_path, AGENT)).clouds["a"]
    assert cloud.auth == {
        "auth_type": "v3totp",
        "auth_url": "https://k/v3",
        "region": "LON",
        "username": "ann",
        "auth_options": {"passcode": "hush"},
    }
    assert "hush" not in repr(cloud)


def test_a_stanza_that_cannot_be_used_is_told_without_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text(STANZA.replace("passcode", "pascode"))
    with pytest.raises(
        ConfigError, match=r"pascode: found an unknown key; allowed: passcode"
    ) as no:
        load(written(tmp_path, AGENT))
    assert "hush" not in str(no.value)


MAIL = '[mail]\nhost = "mail.example"\nsender = "lab@example.org"\n'
HOOK = '[webhooks.chat]\nurl = "https://chat.example/hook"\n'


def test_mail_and_webhooks_are_off_until_a_table_asks_for_them(tmp_path: Path) -> None:
    config = load(written(tmp_path, ""))
    assert (config.mail, config.webhooks) == (None, {})
    config = load(written(tmp_path, MAIL + HOOK))
    assert config.mail is not None
    assert config.mail.events == ("warning", "expired", "failed")
    assert config.webhooks["chat"].url == "https://chat.example/hook"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (MAIL.replace("lab@example.org", "lab"), "mail.sender"),
        (MAIL + 'owners = { ann = "x y@z" }\n', "mail.owners.ann"),
        (MAIL + 'username = "u"\n', "mail.username"),
        (MAIL + 'username = "u"\npassword_file = "missing"\n', "mail.password_file"),
        (MAIL + 'events = ["lunch"]\n', "mail.events[0]"),
        (HOOK.replace("https", "ftp"), "webhooks.chat.url"),
        (HOOK + 'secret_file = "missing"\n', "webhooks.chat.secret_file"),
    ],
)
def test_what_is_wrong_with_mail_or_a_webhook_is_told_by_its_key(
    tmp_path: Path, text: str, key: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert caught.value.key == key
