"""ML Programs on any machine: what a ``.mlpackage`` holds, and what it computes.

:mod:`package` reads it, :mod:`program` evaluates it.
"""
