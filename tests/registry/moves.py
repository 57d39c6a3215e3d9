"""Pushing and fetching with as few words as a test needs."""

from ganzoo.registry.packages.copying import no_progress


def push(zoo, package, name="digits", tag=None, private=False, progress=no_progress):
    return zoo.push(package, name, tag=tag, message="", private=private, progress=progress)


def fetch(zoo, resolved, folder, progress=no_progress):
    folder.mkdir()
    return zoo.fetch(resolved, folder, progress)


def tree(folder):
    """Names and contents of all that is below a folder, but for locks."""
    files = (path for path in folder.rglob("*") if not path.name.endswith(".lock"))
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in files}
