"""The tutorial, `docs/first-variant.md`, from its first command to its last, against the package that it makes."""

import re
import shlex
from pathlib import Path

import pytest
from docs.pages import blocks
from scaffold.environments import TINY, Environment, build

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "ganzoo-ebgan"
PAGE = "docs/first-variant.md"
COMMANDS = [block for block in blocks(PAGE) if block.language == "sh"]
CODE = [block.text for block in blocks(PAGE) if block.language == "python"]


def follow(package):
    """Make the changes that the page names, in its order."""
    options, discriminator, loss, factory, test = CODE
    config, model, tests = (package / name for name in ("config.py", "model.py", "../../tests/test_ebgan.py"))
    text = config.read_text()
    assert text.count("    lr: float") == 1
    config.write_text(text.replace("    lr: float", options + "    lr: float"))

    text = model.read_text().replace("import softplus", "import relu")
    text = replaced(text, "@final\nclass ConvDiscriminator", "@final\nclass LogisticLoss", discriminator)
    text = replaced(text, "@final\nclass LogisticLoss", "def build", loss)
    model.write_text(text[: text.index("def build")] + factory)

    text = tests.read_text().replace("LogisticLoss", "MarginLoss").replace("import math\n\n", "")
    tests.write_text(text[: text.index("def test_the_loss")] + test)


def replaced(text, start, end, new):
    before, _, rest = text.partition(start)
    _, found, after = rest.partition(end)
    assert found, start
    return f"{before}{new}\n\n{found}{after}"


def files(folder):
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in names if not re.search(r"__pycache__|_cache/|^(home|runs)/", name)}


@pytest.mark.slow
def test_from_the_first_command_to_the_last(tmp_path):
    here, environment = tmp_path, Environment(tmp_path / "environment")
    zoo, elsewhere = tmp_path / "zoo", tmp_path / "elsewhere"
    zoo.mkdir()
    elsewhere.mkdir()
    done = []
    for line in "".join(block.text for block in COMMANDS).replace("/srv/zoo", str(zoo)).splitlines():
        words = shlex.split(line)
        match words:
            case ["cd", folder]:
                here /= folder
            case ["pip", "install", "-e", ".", "pytest"]:
                environment.install(build(here, tmp_path / "first"))
            case ["pip", "wheel", "--no-deps", "--wheel-dir", "dist", "."]:
                assert build(here, here / "dist").name == "ganzoo_ebgan-0.1.0-py3-none-any.whl"
            case ["pytest"]:
                follow(here / "src" / "ganzoo_ebgan")
                for path in files(EXAMPLE) - {"README.md"}:
                    assert (here / path).read_text() == (EXAMPLE / path).read_text(), path
                assert files(EXAMPLE) == files(here)
                environment.install(build(here, tmp_path / "second"))
                environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=here)
            case ["ganzoo", "plugins", "new", *rest]:
                environment.ganzoo("plugins", "new", *rest, "--author", "The ganzoo authors", folder=here)
            case ["ganzoo", "train", *rest]:
                environment.ganzoo("train", *rest, *TINY, folder=here)
            case ["ganzoo", "pull" | "sample", *rest] if "push" in done:
                environment.ganzoo(*words[1:], folder=elsewhere)
            case ["ganzoo", "eval"]:
                environment.ganzoo("eval", "--count", 150, folder=here)
            case ["ganzoo", *rest]:
                environment.ganzoo(*rest, folder=here)
            case _:
                pytest.fail(f"the page types what this test does not know: {line}")
        done += words[1:2]
    assert {"plugins", "train", "push", "pull", "wheel"} <= set(done)
    assert (elsewhere / "ebgan-mnist-seed0.png").is_file()
