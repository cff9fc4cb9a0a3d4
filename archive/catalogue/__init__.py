"""What is archived, by person, dossier and text. The only SQL about records.

``SqlCatalogue`` is the port's adapter; ``models`` its tables; ``look_up`` the compiled statement of
a look-up by number. The full-text index beside it is ``archive.finding``.
"""
