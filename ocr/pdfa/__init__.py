"""The two-layer PDF/A-2u of a paper: the scanner's picture, and invisible text at its place.

``make.make_pdfa`` is for the parent, ``job.write_pdfa`` runs in a child. Nothing else is meant for
other rooms.
"""
