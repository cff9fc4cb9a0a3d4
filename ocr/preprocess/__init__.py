"""Image preparation before recognition: deskew, dotted leaders, ink colour, second reading."""
