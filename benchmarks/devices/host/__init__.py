"""This machine: each file is opened by a Python process of its own."""
