"""An agent runs on every server, so it is light: what it imports, and what it needs to be installed."""

import subprocess
import sys

HEAVY = ("alembic", "asyncssh", "cyclopts", "dns", "jinja2", "keystoneauth1", "litestar", "openstack",
         "requests", "rich", "sqlalchemy", "uvicorn", "yaml")  # fmt: skip

SCRIPT = f"""
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"an agent imports {{name}}", name=name)

sys.meta_path.insert(0, Nothing())
import leasehold.datasets.agent.process
print(len([name for name in sys.modules if name.startswith("leasehold.")]))
"""


def test_an_agent_runs_without_what_the_service_needs():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 30
