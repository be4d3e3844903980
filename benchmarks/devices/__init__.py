"""What can be measured on: a driver and a target each, and the runner that opens a file there.

:mod:`targets` is the table of them, :mod:`protocol` the conversation between edgekit and a runner.
"""
