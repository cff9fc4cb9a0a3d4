"""Screens for people: server-rendered pages, one module per desk. They call ``api.desk`` only."""
