"""teuthology.yaml as it is: its libcloud backend's machine types become ours.

`read` reads the file as teuthology does; `tables_of` says what a leasehold.toml would say instead.
Where teuthology's backend does less than it means, what it means counts: docs/teuthology.md lists
each difference.
"""

from leasehold.lab.teuthology.settings import Provider, TeuthologyYaml, read
from leasehold.lab.teuthology.tables import Tables, tables_of

__all__ = ["Provider", "Tables", "TeuthologyYaml", "read", "tables_of"]
