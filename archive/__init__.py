"""A signed record is laid down for good, and found again.

``deposit`` lays a signed record down as an OCFL object, ``read`` and ``export`` bring it back,
``fixity`` looks after it, ``catalogue`` finds it, ``rebuild`` makes the catalogue again.
"""
