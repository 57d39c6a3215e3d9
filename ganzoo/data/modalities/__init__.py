"""The kinds of data that ganzoo knows itself, one file a `Modality`."""
