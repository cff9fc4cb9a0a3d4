"""Validation of signatures: integrity, changes after signing, chain and coverage."""
