"""Use cases: one function an act of a person or a program, under the rights of its caller."""
