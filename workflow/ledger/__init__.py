"""The ledger of work in progress: scans, papers, their states, history and look-ups.

The only SQL of the application outside ``archive/catalogue``.
"""
