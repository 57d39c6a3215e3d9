"""The command line: parses, calls the library, prints. All logic is importable without it."""
