"""What is archived, by person, dossier and text. The only SQL about records.

``SqlCatalogue`` is the port's adapter; ``models`` its tables; ``terms`` makes the words of the
index, the same for every database; ``sqlite_search`` keeps and searches them on SQLite.
"""
