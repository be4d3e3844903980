"""What commands print: typed results as tables for people, or as JSON for programs."""
