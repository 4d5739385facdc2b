"""The services' configuration files, from the templates in etc/, and the client's."""

import json
from pathlib import Path
from string import Template

from testbed.layout import (
    AUTH_URL,
    DATABASES,
    DIR,
    ETC,
    PORT,
    REGION,
    RUN,
    SERVICES,
    URL,
    VENV,
    computes,
)
from testbed.steps import secret, write

TEMPLATES = Path(__file__).parent / "etc"

COMMON = """\
[DEFAULT]
debug = False
transport_url = rabbit://openstack:${password}@127.0.0.1:${port}/
rpc_response_timeout = 120"""

AUTH = """\
auth_type = password
auth_url = ${auth_url}
username = ${user}
password = ${password}
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = ${region}"""

SERVICE = """\
[keystone_authtoken]
www_authenticate_uri = ${auth_url}
service_token_roles = service
service_token_roles_required = True
${auth}
[oslo_concurrency]
lock_path = ${dir}/${user}/lock
[oslo_messaging_notifications]
driver = noop
[oslo_policy]
enforce_scope = True"""


def db(name: str) -> str:
    """The address of a database."""
    return (
        f"mysql+pymysql://openstack:{secret('db')}@localhost/{name}"
        f"?unix_socket={RUN}/mysql.sock&charset=utf8mb4"
    )


def write_configuration() -> None:
    """Write every service's configuration, with the directories it names."""
    values = _values()
    for template in sorted(TEMPLATES.glob("*/*.conf")):
        if template.name != "compute.conf":
            text = Template(template.read_text()).substitute(values)
            write(ETC / template.relative_to(TEMPLATES), text)
    compute = Template((TEMPLATES / "nova/compute.conf").read_text())
    for name in computes():
        write(ETC / f"nova/{name}.conf", compute.substitute(values, name=name))
        (DIR / "nova" / name).mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        (DIR / service / "lock").mkdir(parents=True, exist_ok=True)
    for store in ("images", "staging", "tasks"):
        (DIR / "glance" / store).mkdir(exist_ok=True)


def _values() -> dict[str, str]:
    """All that the templates name."""
    places = {"dir": str(DIR), "etc": str(ETC), "venv": str(VENV), "auth_url": AUTH_URL}
    values = {
        **places,
        "common": Template(COMMON).substitute(password=secret("amqp"), port=PORT["amqp"]),
        **{f"url_{name}": url for name, url in URL.items()},
        **{f"db_{name}": db(name) for name in DATABASES},
    }
    for user in SERVICES:
        own = {"user": user, "password": secret(user), "region": REGION}
        auth = Template(AUTH).substitute(places, **own)
        values[f"auth_{user}"] = auth
        values[f"service_{user}"] = Template(SERVICE).substitute(places, **own, auth=auth)
    return values


def write_client_files() -> None:
    """Write clouds.yaml and the two openrc files."""
    clouds = {"clouds": {"admin": _cloud("admin"), "lab": _cloud("lab")}}
    write(DIR / "clouds.yaml", json.dumps(clouds, indent=2) + "\n")  # JSON is YAML
    for name, user in (("openrc", "lab"), ("openrc-admin", "admin")):
        variables = {
            "OS_AUTH_URL": AUTH_URL,
            "OS_USERNAME": user,
            "OS_PASSWORD": secret(user),
            "OS_PROJECT_NAME": user,
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_REGION_NAME": REGION,
            "OS_IDENTITY_API_VERSION": "3",
        }
        write(DIR / name, "".join(f"export {k}={v}\n" for k, v in variables.items()))


def _cloud(user: str) -> dict[str, object]:
    auth = {
        "auth_url": AUTH_URL,
        "username": user,
        "password": secret(user),
        "project_name": user,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    return {"auth": auth, "region_name": REGION, "identity_api_version": 3}
