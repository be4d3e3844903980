"""What an app can afford, as a file that CI holds every bundle against: ``edgekit check``.

``limits`` reads the file, ``meter`` measures what it asks for and nothing else, ``verdict``
compares; ``render`` and ``junit`` show it. ``docs/check.md`` describes the file.
"""
