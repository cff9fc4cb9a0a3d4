"""Webhooks: signed messages about moves of papers, delivered to the one-stop software."""
