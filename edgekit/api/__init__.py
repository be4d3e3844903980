"""What ``import edgekit`` offers: each command as a function with named, typed arguments."""
