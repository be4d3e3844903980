"""The command line: :mod:`main` lists the commands, and each is a file that parses and renders."""
