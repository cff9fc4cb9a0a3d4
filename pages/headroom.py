"""Whether there is enough memory left for what comes. In a child.

pdfium and Leptonica do not say when they run out: they draw a white page and find no words. So what
they will need is allocated first, and freed.
"""

from __future__ import annotations

import mmap


def need(length: int) -> None:
    """Return if so many bytes more could be taken now, without taking them.

    Raises:
        MemoryError: they could not.
    """
    if length < 1:
        return
    try:
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        mmap.mmap(-1, length, flags=flags).close()
    except (OSError, OverflowError):
        raise MemoryError from None
