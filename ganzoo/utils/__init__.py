"""What is no contract: places, files, settings, random states."""
