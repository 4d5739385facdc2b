"""docs/dependencies.md and pyproject.toml name the same packages."""

import re
import tomllib

from tests.docs.page import ROOT


def test_each_dependency_has_its_reason():
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| \[([\w.-]+)\]", text, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    demanded = [
        *project["project"]["dependencies"],
        *(
            each
            for extra in project["project"].get("optional-dependencies", {}).values()
            for each in extra
        ),
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in demanded}
    assert explained == names
