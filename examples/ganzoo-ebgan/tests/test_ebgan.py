import pytest
import torch
from ganzoo.testing import Case

from ganzoo_ebgan.model import MarginLoss


# Everything that ganzoo expects of a plugin, one test for each check and form.
@pytest.mark.ganzoo_plugin("ganzoo_ebgan")
def test_conformance(conformance: Case) -> None:
    conformance.run()


def test_the_loss_is_the_papers() -> None:
    # Energies 0.2 and 0.4 of reals, 0.7 and 1.5 of fakes; with m = 1 the second fake is beyond the margin.
    real, fake = torch.tensor([-0.2, -0.4]), torch.tensor([-0.7, -1.5])
    loss = MarginLoss(1.0)
    assert loss.discriminator(real, fake).item() == pytest.approx(0.3 + (0.3 + 0.0) / 2)
    assert loss.generator(fake).item() == pytest.approx(1.1)
