"""``leasehold dns gateway``: nsupdate-web's successor. Users set names that a rule allows, without
the zone's key."""
