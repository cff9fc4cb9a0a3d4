"""A file comes in; papers come out."""
