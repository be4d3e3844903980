"""``edgekit convert``: decided, traced once, written and proven format by format, then published.

:mod:`plan` decides, :mod:`trace` and :mod:`export` are the two stages, :mod:`crew` runs them in
processes, and :mod:`pipeline` is the way through.
"""
