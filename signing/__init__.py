"""A record becomes a signed record, and stays provable."""
