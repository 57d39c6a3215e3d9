import pytest

from ganzoo.utils.text import printable, redacted, shown, without_user

HIDDEN = "\x00\x07\x1b\x7f\x9b\u200e\u202e\u2028\ufeff\ud800\U000e0041"


def test_what_steers_a_terminal_or_hides_is_escaped():
    assert printable(f"a{HIDDEN}b") == (r"a\x00\x07\x1b\x7f\x9b\u200e\u202e\u2028\ufeff\ud800\U000e0041b")
    assert printable("one\ntwo\tthree") == r"one\ntwo\tthree"
    assert shown("one\ntwo\tthree") == "one\ntwo\tthree"


@pytest.mark.parametrize("text", ["", "Größe", "日本語\u3000全角", "क्\u200dष", "a\u00a0b", "[/x] :smile: \\"])
def test_what_people_write_stays(text):
    assert shown(text) == text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("token hf_AbCdEfGhIjKlMnOpQrSt12345678 is bad", "token hf_*** is bad"),
        ("{'authorization': 'Bearer abc.def-123', 'x': 1}", "{'authorization': '***', 'x': 1}"),
        ('{"Authorization": "Basic dTpwYXNz"}', '{"Authorization": "***"}'),
        ("Authorization: abcdef", "Authorization: ***"),
        ("sent bearer abcdefgh12", "sent bearer ***"),
        ("https://user:p@ss@host:80/x?y", "https://***@host:80/x?y"),
        ("http://token@host/x", "http://***@host/x"),
        ("ftp://u:p@host", "ftp://***@host"),
        # No secrets.
        ("hf://org/name@v1 and https://host/a@b", "hf://org/name@v1 and https://host/a@b"),
        ("hf_hub_download failed", "hf_hub_download failed"),
        ("a basic convolution", "a basic convolution"),
        ("git@host:org/repo", "git@host:org/repo"),
    ],
)
def test_secrets_by_their_form(said, left):
    assert redacted(said) == left


def test_secrets_of_the_environment(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "no-usual-form")
    monkeypatch.setenv("GANZOO_STORE_TOKEN", "ours-is-secret")
    monkeypatch.setenv("HF_TOKEN_PATH", "/home/u/token")
    monkeypatch.setenv("HF_ENDPOINT", "https://u:pa/ss#word@host/x")
    said = "no-usual-form, ours-is-secret, /home/u/token, https://u:pa/ss#word@host/x, pa/ss#word"
    assert redacted(said) == "***, ***, /home/u/token, https://***@host/x, ***"


def test_an_address_without_its_user():
    assert without_user("https://u:p@ss@host:80/x") == "https://host:80/x"
    assert without_user("https://host") == "https://host"
    assert without_user("host") == "host"
