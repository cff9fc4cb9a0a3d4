"""The full-text index: words of records, questions, ranking. Derived from the catalogue.

``record_words`` makes the words of a record, ``question`` reads what a person typed, ``plans``
turns it into queries, ``engine`` keeps and searches the index (tantivy), ``search_index`` follows
the catalogue and answers, ``passages`` shows what matched.
"""
