"""The accounts a new cloud starts with: what a fresh installation and a first user give."""

from leasehold.emulator.identity.accounts import Assignment, Domain, Project, Role, Secret, User
from leasehold.emulator.world import World

ROLES = ("reader", "member", "manager", "admin", "service")


def add_accounts(world: World, *, password: str = "demo") -> None:  # noqa: S107 - the documented default of a cloud that listens on loopback only
    """Domain Default, projects demo and admin, users demo (with `password`) and admin.

    The API key of each is its name with ``-key``, its access token that with ``-access-token``.
    """
    world.domains.put(Domain(id="default", name="Default", description="The default domain"))
    for name in ROLES:
        world.roles.put(Role(id=world.ids.hex(), name=name))
    admin = world.projects.put(
        Project(
            id=world.ids.hex(),
            name="admin",
            description="Bootstrap project for initializing the cloud.",
        )
    )
    demo = world.projects.put(Project(id=world.ids.hex(), name="demo"))
    boss = _add_user(world, "admin", "admin", admin)
    user = _add_user(world, "demo", password, demo)
    _grant(world, boss, "admin", admin)
    _grant(world, boss, "admin", demo)
    _grant(world, boss, "admin", None)
    _grant(world, user, "member", demo)


def _add_user(world: World, name: str, password: str, project: Project) -> User:
    return world.users.put(
        User(
            id=world.ids.hex(),
            name=name,
            password=Secret(value=password),
            api_key=Secret(value=f"{name}-key"),
            access_token=Secret(value=f"{name}-access-token"),
            default_project_id=project.id,
        )
    )


def _grant(world: World, user: User, role_name: str, project: Project | None) -> None:
    role = next(role for role in world.roles if role.name == role_name)
    world.assignments.append(
        Assignment(user_id=user.id, role_id=role.id, project_id=project.id if project else None)
    )
