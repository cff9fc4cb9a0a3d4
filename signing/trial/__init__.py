"""Keys and a time-stamping authority for trying out; worth nothing as evidence."""
