"""A signed record is laid down for good, and found again."""
