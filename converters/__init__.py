"""From a traced graph to a file, and back: for each format a converter, its table of lowerings, and
what reads such a file. :mod:`edgekit.formats` lists the formats.
"""
