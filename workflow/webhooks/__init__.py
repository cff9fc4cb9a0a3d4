"""Telling the one-stop software what moved."""
