"""Which of Neutron's extensions the emulator has: the list that clients check for features."""

import msgspec

from leasehold.emulator.http import Fault, Request, Response, Router


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of ``/v2.0/extensions``. Aliases, names and dates are Neutron's."""

    name: str
    alias: str
    description: str
    updated: str
    links: tuple[str, ...] = ()


_TABLE = """
agent | agent | 2013-02-03T10:00 | Lists the agents; the emulator needs none.
allowed-address-pairs | Allowed Address Pairs | 2013-07-23T10:00 | Further addresses of a port.
availability_zone | Availability Zone | 2015-01-01T10:00 | Lists the zones; there is none.
binding | Port Binding | 2014-02-03T10:00 | Shows where a port is bound.
empty-string-filtering | Empty String Filtering Extension | 2018-05-01T10:00 | Filters by "".
ext-gw-mode | Neutron L3 Configurable external gateway mode | 2013-03-28T10:00 | Source NAT or not.
external-net | Neutron external network | 2013-01-14T10:00 | Networks that lead outside.
extra_dhcp_opt | Neutron Extra DHCP options | 2013-03-17T12:00 | DHCP options of a port.
extraroute | Neutron Extra Route | 2013-02-01T10:00 | Static routes of a router.
filter-validation | Filter parameters validation | 2018-07-04T10:00 | Refuses unknown filters.
fip-port-details | Floating IP Port Details Extension | 2018-04-09T10:00 | Whose port it is.
ip-substring-filtering | IP address substring filtering | 2017-11-28T09:00 | Parts of addresses.
net-mtu | Network MTU | 2015-03-25T10:00 | Shows a network's MTU.
net-mtu-writable | Network MTU (writable) | 2017-07-12T00:00 | Sets a network's MTU.
network_availability_zone | Network Availability Zone | 2015-01-01T10:00 | Zones of a network.
network-ip-availability | Network IP Availability | 2015-09-24T00:00 | Counts free addresses.
network-ip-availability-details | Network IP Availability Details Extension | \
2025-10-31T00:00 | And by pool.
pagination | Pagination support | 2016-06-12T00:00 | Lists page by page.
port-security | Port Security | 2012-07-23T10:00 | Security groups on or off.
port-security-groups-filtering | Port filtering on security groups | 2018-01-09T09:00 | By group.
project-id | project_id field enabled | 2016-09-09T09:09 | The new word for tenant_id.
provider | Provider Network | 2012-09-07T10:00 | How a network is made.
qinq | QinQ networks | 2024-12-02T10:00 | Shows whether a network stacks VLANs.
quota_details | Quota details management support | 2017-02-10T10:00 | What is used of a quota.
quota-check-limit | Quota engine limit check | 2021-09-08T16:00 | No quota below what is used.
quota-check-limit-default | Quota engine limit check by default | 2024-08-21T16:00 | Always so.
quotas | Quota management support | 2012-07-29T10:00 | Shows and sets quotas.
router | Neutron L3 Router | 2012-07-20T10:00 | Routers and floating IPs.
router_availability_zone | Router Availability Zone | 2015-01-01T10:00 | Zones of a router.
security-group | security-group | 2012-10-05T10:00 | Security groups and their rules.
security-groups-normalized-cidr | Normalized CIDR field for security group rules | \
2020-07-28T10:00 | Shows the CIDR without its host bits.
security-groups-rules-belongs-to-default-sg | \
Security group rule belongs to the project's default security group | \
2023-05-23T10:00 | Marks such rules.
security-groups-shared-filtering | Security group filtering on the shared field | \
2021-10-05T09:00 | Shared groups or others.
service-type | Neutron Service Type Management | 2013-01-20T00:00 | Lists service providers.
sorting | Sorting support | 2016-06-12T00:00 | Lists in any order.
standard-attr-description | standard-attr-description | 2016-02-10T10:00 | Says what it is for.
standard-attr-revisions | Resource revision numbers | 2016-04-11T10:00 | Counts its changes.
standard-attr-tag | Tag support for resources with standard attribute: \
port, subnet, network, security_group, router, floatingip | \
2017-01-01T00:00 | Words on resources.
standard-attr-timestamp | Resource timestamps | 2016-09-12T10:00 | Everything has its times.
stateful-security-group | Stateful security group | 2019-11-26T09:00 | Whether a group is stateful.
subnet-external-network | Subnet belongs to an external network | 2024-02-05T18:00 | Marks it.
subnet-service-types | Subnet service types | 2016-03-15T18:00 | What a subnet is for.
tag-creation | Tag creation extension | 2024-07-23T10:00 | Adds several tags at once.
vlan-transparent | Vlantransparent | 2015-03-23T09:00 | Shows whether VLAN tags pass.
"""


def _parse(line: str) -> Extension:
    alias, name, updated, description = line.split(" | ")
    return Extension(name=name, alias=alias, description=description, updated=f"{updated}:00-00:00")


EXTENSIONS = tuple(_parse(line) for line in _TABLE.strip().splitlines())


def add_extensions(router: Router) -> None:
    router.add("GET", "/v2.0/extensions", _list)
    router.add("GET", "/v2.0/extensions/{alias}", _show)


def _list(request: Request) -> Response:
    return Response(200, {"extensions": EXTENSIONS})


def _show(request: Request) -> Response:
    for extension in EXTENSIONS:
        if extension.alias == request.params["alias"]:
            return Response(200, {"extension": extension})
    alias = request.params["alias"]
    raise Fault(404, f"Extension with alias {alias} does not exist", kind="HTTPNotFound")
