"""Pages become words, fields, and a two-layer PDF/A."""
