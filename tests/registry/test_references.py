"""What a reference means, and what is typed where it could mean two things."""

import shlex

import pytest
from registry.forge import make

from ganzoo.errors import ConfigError, RegistryError
from ganzoo.registry import library, references, settings
from ganzoo.registry.opening import open_reference
from ganzoo.registry.references import destination, locate, means_model
from ganzoo.registry.stores.builtin import BuiltinStore
from ganzoo.registry.stores.directory import DirectoryStore
from ganzoo.registry.stores.hub.store import HubStore

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def here(home, tmp_path, monkeypatch):
    """An empty folder to type in, a team's store at `zoo` with `mine`, and `dcgan-mnist` as the one built-in model."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    make(tmp_path / "builtin" / "dcgan-mnist")
    monkeypatch.setattr(references, "BuiltinStore", lambda: BuiltinStore(tmp_path / "builtin"))
    return folder


@pytest.fixture
def lab(zoo, package):
    settings.add_registry("lab", str(zoo.root))
    zoo.push(package(1), "mine", tag="v1", message="", private=False, progress=lambda *_: None)
    return zoo


def make_run(folder):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")


@pytest.mark.parametrize(
    ("text", "name", "revision"),
    [
        ("hf://org/name", "org/name", None),
        ("hf://org/name@v1.0", "org/name", "v1.0"),
        (f"hf://org/name@{COMMIT}", "org/name", COMMIT),
        ("hf://org/name@refs/pr/3", "org/name", "refs/pr/3"),
    ],
)
def test_the_hub(text, name, revision):
    source = locate(text)
    assert isinstance(source.store, HubStore)
    assert (source.kind, source.name, source.revision) == ("store", name, revision)


def test_a_registry_and_its_path_are_one_place(lab):
    for text in ("lab/mine", f"{lab.root}/mine", f"file://{lab.root}/mine"):
        source = locate(text)
        assert isinstance(source.store, DirectoryStore)
        assert (source.store.root, source.name, source.revision) == (lab.root, "mine", None)
    assert locate("lab/mine@v1").revision == "v1"


def test_a_registry_on_the_hub():
    settings.add_registry("us", "hf://our-org")
    source = locate("us/digits@v2")
    assert isinstance(source.store, HubStore)
    assert (source.name, source.revision) == ("our-org/digits", "v2")


def test_built_in_models_by_both_names():
    for text in ("dcgan-mnist", "builtin:dcgan-mnist"):
        source = locate(text)
        assert (source.kind, source.typed, source.path.name) == ("package", "builtin:dcgan-mnist", "dcgan-mnist")
    with pytest.raises(RegistryError, match="has the one revision"):
        locate("dcgan-mnist@v1")


def test_runs_and_packages_by_path_and_name(here, tmp_path):
    make_run(here / "runs" / "first")
    make(here / "pack")
    assert locate("first").kind == locate("runs/first").kind == locate("./runs/first").kind == "run"
    assert locate("pack").kind == locate("./pack").kind == locate(f"file://{here}/pack").kind == "package"
    assert locate(str(here / "pack")).path == here / "pack"


def test_what_could_be_several_is_refused_with_what_to_type(here, lab):
    make_run(here / "runs" / "dcgan-mnist")
    make(here / "dcgan-mnist")
    with pytest.raises(ConfigError) as caught:
        locate("dcgan-mnist")
    typed = str(caught.value).partition("type one of ")[2].split(", ")
    assert set(typed) == {"./dcgan-mnist", "runs/dcgan-mnist", "builtin:dcgan-mnist"}
    assert [locate(text).path.resolve().parent.name for text in typed] == ["here", "runs", "builtin"]


def test_a_folder_named_as_a_registry(here, lab):
    make(here / "lab" / "mine")
    with pytest.raises(ConfigError, match="could be several models: type one of"):
        locate("lab/mine")
    assert locate("./lab/mine").kind == "package"


def test_each_string_that_is_recommended_means_one_model(here, lab, zoo, package):
    """A registry `lab`, and a folder of the same name; a run and a pulled model of the same name."""
    make(here / "lab" / "mine")
    make_run(here / "runs" / "mine")
    make(here / "my model")
    library.pull(zoo, "mine", None)
    assert locate("lab/mine@v1").kind == "store"
    for text in ("lab/mine", "mine"):
        with pytest.raises(ConfigError) as caught:
            locate(text)
        typed = [shlex.split(one)[0] for one in str(caught.value).partition("type one of ")[2].split(", ")]
        sources = [locate(one) for one in typed]
        assert len({(source.kind, str(source.path), source.name) for source in sources}) == len(typed) == 2, text
    assert locate("./my model").kind == "package"


def test_a_registry_of_the_folder_that_is_meant_too(here, package):
    (here / "team").mkdir()
    DirectoryStore(here / "team", "team/").push(
        package(1), "mine", tag=None, message="", private=False, progress=lambda *_: None
    )
    settings.add_registry("team", str(here / "team"))
    assert locate("team/mine").store.prefix == "team/"


def test_what_was_pulled_has_its_last_name(lab):
    opened = open_reference("lab/mine@v1")
    assert opened.fetched
    again = open_reference("mine")
    assert (again.reference, again.name, again.fetched) == (opened.reference, "mine", False)
    assert open_reference("mine@v1").package.folder == opened.package.folder
    with pytest.raises(RegistryError, match="no model is called"):
        locate("mine@v2")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "`ganzoo models` lists what is here"),
        ("dcgan-mnits", "did you mean dcgan-mnist?"),
        ("org/name", "would be hf://org/name"),
        ("./nowhere", "no model"),
        ("missing.zip", "no model|cannot"),
        ("", "name a model"),
    ],
)
def test_what_is_not_there(text, says):
    with pytest.raises((RegistryError, ConfigError), match=says):
        open_reference(text)


@pytest.mark.parametrize(
    "text", ["hf://", "hf://org/na me", "hf://org/../x", "builtin:", "builtin:../x", "hf://org/name@", "s3://bucket/x"]
)
def test_what_is_no_reference(text):
    with pytest.raises((ConfigError, RegistryError)) as caught:
        open_reference(text)
    assert "\n" not in str(caught.value)


def test_a_folder_of_images_is_no_model(here):
    (here / "photos").mkdir()
    assert not means_model("photos")
    assert not means_model("mnist")
    assert not means_model("mnist:test")
    assert means_model("dcgan-mnist")
    assert means_model("hf://org/name")
    make(here / "pack")
    assert means_model("pack")


def test_where_to_push(lab, tmp_path):
    goal = destination("lab/new@v2")
    assert (goal.reference, goal.store.root, goal.name, goal.tag) == ("lab/new", lab.root, "new", "v2")
    goal = destination("hf://org/new@v2")
    assert (goal.reference, goal.name, goal.tag) == ("hf://org/new", "org/new", "v2")
    goal = destination(f"{tmp_path}/zoo/new")
    assert (goal.store.root, goal.name, goal.tag) == (tmp_path / "zoo", "new", None)
    assert destination("new.zip").archive.name == "new.zip"


@pytest.mark.parametrize(
    ("text", "says"),
    [("dcgan-mnist", "no place to push to"), ("builtin:x", "cannot be pushed to"), ("s3://b/x", "no store answers")],
)
def test_where_nothing_can_be_pushed(text, says):
    with pytest.raises(ConfigError, match=says):
        destination(text)


def test_onto_a_run_or_a_package_nothing_is_pushed(here):
    make_run(here / "runs" / "first")
    make(here / "pack")
    for text in ("runs/first", "./pack"):
        with pytest.raises(ConfigError, match="is a run or a package already"):
            destination(text)


def test_pulled_models_survive_the_store(lab):
    import shutil

    opened = open_reference("lab/mine")
    shutil.rmtree(lab.root)
    assert open_reference("lab/mine").package.folder == opened.package.folder
    with pytest.raises(RegistryError):
        open_reference("lab/mine", update=True)
    assert library.pulled()[0].reference == opened.reference
