"""Nova 1.0 through Libcloud's interface: ids are numbers, shown as text as Libcloud does."""
