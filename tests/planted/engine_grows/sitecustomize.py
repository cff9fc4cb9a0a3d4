"""Found by a child that starts with this folder in PYTHONPATH."""

from planted.engine import plant

plant("grow")
