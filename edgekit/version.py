"""The version of this edgekit, written here and nowhere else."""

VERSION = "0.1.0"
