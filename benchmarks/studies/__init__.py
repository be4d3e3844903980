"""What ``make matrix``, ``make bench-peers`` and their like measure: scripts that none imports."""
