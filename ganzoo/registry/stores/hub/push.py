"""Publishing a package on the Hub: one commit, seen whole or not at all."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, get_args

from ganzoo.errors import RegistryError
from ganzoo.registry.packages import card
from ganzoo.registry.packages.copying import Progress, no_progress
from ganzoo.registry.packages.manifest import FileName
from ganzoo.registry.packages.names import CARD, MANIFEST, SAMPLES
from ganzoo.registry.packages.package import UNVERIFIED, Package, check_names
from ganzoo.registry.packages.strict_json import read_bounded
from ganzoo.registry.stores.hub import cache as hub_cache
from ganzoo.registry.stores.hub.client import Counted, Hub
from ganzoo.registry.stores.hub.download import digest_name
from ganzoo.registry.stores.hub.patience import ask, within

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo


def push(
    hub: Hub, package: Package, name: str, *, tag: str | None, message: str, private: bool, progress: Progress
) -> str:
    """See `HubStore.push`.

    Returns:
        The commit.
    """
    api, what = hub.api(), f"hf://{name}"
    with hub.explained(what):
        if not ask(lambda: api.repo_exists(name)):
            # Not False: an organization may have private as its rule.
            within(lambda: api.create_repo(name, private=private or None, exist_ok=True))
    head = hub.info(name, "main")
    if private and not head.private:
        raise RegistryError(f"{what} is public: make it private in its settings first, or push without --private")
    tagged = {ref.name: ref.target_commit for ref in hub.refs(name).tags} if tag else {}
    if tag in tagged and hub_cache.COMMIT.fullmatch(tagged[tag]):
        # The same again under the same tag is no error: the first push may have been cut off at its very end.
        if _differing(hub, package, name, tagged[tag]):
            raise RegistryError(f"{what} has the tag {tag} already, and tags do not move: choose another")
        return tagged[tag]
    commit = _commit(hub, package, name, head, message, progress)
    differing = _differing(hub, package, name, commit)
    if differing:
        raise RegistryError(f"{what}@{commit} does not hold {differing[0]} as it was sent: push it again")
    if tag:
        with hub.explained(f"{what}@{commit} is published, but without the tag {tag}"):
            within(lambda: api.create_tag(name, tag=tag, revision=commit))
    return commit


def _commit(hub: Hub, package: Package, name: str, head: ModelInfo, message: str, progress: Progress) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.utils.tqdm import disable_progress_bars

    there = {file.rfilename for file in head.siblings or []}
    # What nobody could pull is not published.
    check_names(there)
    gone = there & {*get_args(FileName), SAMPLES} - set(package.files())
    readme = _card(hub, package, name, head)
    with contextlib.ExitStack() as stack, hub.explained(f"hf://{name}"):
        stack.enter_context(disable_progress_bars())
        sent = {file: stack.enter_context(Counted(package.folder / file)) for file in package.files() if file != CARD}
        operations: list[Any] = [CommitOperationAdd(file, stream) for file, stream in sent.items()]
        operations += [CommitOperationAdd(CARD, readme)] if readme else []
        # Only now: to hash a file is to read it too.
        for stream in sent.values():
            stream.progress = progress
        operations += [CommitOperationDelete(file) for file in sorted(gone)]
        api = hub.api()
        commit = within(
            lambda: api.create_commit(name, operations, commit_message=message, parent_commit=head.sha),
            moved=lambda: sum(stream.moved_bytes for stream in sent.values()),
        )
    for file, stream in sent.items():
        progress(file, stream.size_bytes, stream.size_bytes)
    if not hub_cache.COMMIT.fullmatch(str(commit.oid)):
        raise RegistryError(f"hf://{name}: {hub.place} calls the new commit {commit.oid!r:.80}, which is none")
    return str(commit.oid)


def _card(hub: Hub, package: Package, name: str, head: ModelInfo) -> bytes:
    """The package's card with what people wrote into the one on the Hub; empty if the package has none."""
    if CARD not in package.files():
        return b""
    new = read_bounded(package.folder / CARD, UNVERIFIED[CARD])
    there = {file.rfilename: file for file in head.siblings or []}
    if CARD not in there:
        return new
    path = hub.fetch(name, str(head.sha), there[CARD], UNVERIFIED[CARD], no_progress)
    return card.merge_files(path.read_bytes(), new)


def _differing(hub: Hub, package: Package, name: str, commit: str) -> list[str]:
    """Verified files of a package that a commit on the Hub does not have, or has with other bytes."""
    remote = {file.rfilename: file for file in hub.info(name, commit).siblings or []}

    def is_there(file: str) -> bool:
        there = remote.get(file)
        return there is not None and hub_cache.matches(package.folder / file, digest_name(there), there.size)

    return [file for file in (MANIFEST, *package.manifest.files) if not is_there(file)]
