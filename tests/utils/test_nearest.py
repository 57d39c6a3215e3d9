from ganzoo.utils.nearest import did_you_mean


def test_the_nearest_name_several_or_none():
    known = ["dcgan", "wgan", "wgan-gp"]
    assert did_you_mean("wgna", known) == "did you mean wgan?"
    assert did_you_mean("wgan-pg", known, most=3) == "did you mean wgan-gp or wgan?"
    assert did_you_mean("zzz", known) == ""
    assert did_you_mean("zzz", iter(known), "there are three") == "there are three"
    spelled = {"fashionmnist": "fashion-mnist"}
    assert did_you_mean("fasionmnist", ["fashionmnist", "svhn"], spelled=spelled) == "did you mean fashion-mnist?"
