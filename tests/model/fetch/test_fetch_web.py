"""Where a download may go: https, redirects that stay there, proxies of the environment, certificates."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stand_in
from served import Server, drip_framing, drip_head, give, status

from miles_deep.errors import FetchError
from miles_deep.model.fetch import FETCHABLE, Fetched, Patience

Get = Callable[..., Fetched]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("openssl makes the certificate, and is not there")
    path = tmp_path_factory.mktemp("certificate") / "self-signed.pem"
    make = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    whose = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *whose, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def secure(certificate: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server of `site`, by https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(dict(contents))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.scheme = "https"
    with server.running():
        monkeypatch.setitem(FETCHABLE, stand_in.NAME, stand_in.source(contents, server.base))
        yield server


def test_https(secure: Server, certificate: Path, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert get().model.labels == stand_in.LABELS


def test_a_certificate_that_nobody_vouches_for(secure: Server, get: Get) -> None:
    with pytest.raises(
        FetchError, match=r"labels\.txt: its certificate is not trusted \(self.signed certificate\)"
    ):
        get()
    assert secure.requests == []


def test_a_server_that_drips_by_https(
    secure: Server, certificate: Path, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    for deed in (drip_head, drip_framing):
        secure.deeds["labels.txt"] = [deed] * 9
        with pytest.raises(FetchError, match=r"labels\.txt: does not answer"):
            get(patience=Patience(silence=0.25, tries=1))


def test_https_is_not_left(
    secure: Server, certificate: Path, get: Get, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(dict(contents)).running() as plain:
        secure.deeds["labels.txt"] = [status(302, Location=plain.base + "/labels.txt")]
        with pytest.raises(FetchError, match=r"^http://127.*labels\.txt: nothing is fetched but by https; or put"):
            get()
        assert plain.requests == []


@pytest.mark.parametrize(
    "base",
    [
        "http://films.example/model",
        "ftp://127.0.0.1/model",
        "file:///etc",
        "/etc",
        "",
        "https://",
        "https://[::1/",
    ],
)
def test_bases_that_are_refused(site: Server, get: Get, base: str) -> None:
    with pytest.raises(FetchError, match=r"nothing is fetched but by https|no address"):
        get(base=base or "http:")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site: Server, get: Get, code: int) -> None:
    site.files["elsewhere"] = site.files["labels.txt"]
    site.deeds["labels.txt"] = [status(code, Location="/other/elsewhere")]
    assert get().model.labels == stand_in.LABELS
    assert [path for path, _ in site.requests][:2] == ["/model/labels.txt", "/other/elsewhere"]


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/labels.txt",
        "http://films.example/labels.txt",
        "gopher://127.0.0.1:70/",
        "//films.example/labels.txt",
        "https://",
        "http://[::1/labels.txt",
    ],
)
def test_redirects_that_are_refused(site: Server, get: Get, location: str) -> None:
    site.deeds["labels.txt"] = [status(302, Location=location)]
    with pytest.raises(FetchError, match=r"nothing is fetched but by https|no address"):
        get()
    assert [path for path, _ in site.requests] == ["/model/labels.txt"]


def test_redirects_that_go_in_circles(site: Server, get: Get) -> None:
    site.deeds["labels.txt"] = [status(302, Location=f"{site.base}/labels.txt")] * 99
    with pytest.raises(FetchError, match="more than 5 redirects"):
        get()
    assert len(site.requests) == 6


def test_a_redirect_to_nowhere(site: Server, get: Get) -> None:
    site.deeds["labels.txt"] = [status(302)]
    with pytest.raises(FetchError, match=r"labels\.txt: HTTP 302"):
        get()


def test_hostile_names_stay_on_one_line(site: Server, get: Get) -> None:
    site.deeds["labels.txt"] = [status(302, Location="evil://user:secret@host/\x1b[31m" + "a" * 5000)]
    with pytest.raises(FetchError) as told:
        get()
    said = str(told.value).partition("; or put")[0]
    assert said.isprintable() and len(said) < 250
    assert "secret" not in said


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_the_proxy_of_the_environment(
    site: Server, get: Get, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes], variable: str
) -> None:
    with Server(dict(contents)).running() as proxy:
        monkeypatch.setenv(variable, f"http://me:p%40ss@127.0.0.1:{proxy.server_address[1]}")
        get()
        assert [path for path, _ in proxy.requests] == [f"{site.base}/{file.name}" for file in _files()]
        assert {name.lower(): told for name, told in proxy.requests[0][1].items()}[
            "proxy-authorization"
        ] == "Basic bWU6cEBzcw=="
    assert site.requests == []


def test_no_proxy(site: Server, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "films.example,127.0.0.1")
    assert get().model.labels == stand_in.LABELS


def test_https_goes_through_the_proxy_unread(get: Get, site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server({}).running() as proxy:
        proxy.deeds["films.example:443"] = [give(b"no", 403)] * 3
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.server_address[1]}")
        with pytest.raises(FetchError, match=r"films\.example/m/labels\.txt: the proxy does not let it through"):
            get(base="https://films.example/m")
        assert {path for path, _ in proxy.requests} == {"films.example:443"}


def test_a_proxy_that_drips(get: Get, site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server({}).running() as proxy:
        proxy.deeds["films.example:443"] = [drip_head] * 9
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.server_address[1]}")
        with pytest.raises(FetchError, match=r"films\.example/m/labels\.txt: does not answer"):
            get(base="https://films.example/m", patience=Patience(connect=0.25, tries=1))


@pytest.mark.parametrize("proxy", ["socks5://me:secret@127.0.0.1:1", "http://me:secret@127.0.0.1:port"])
def test_proxies_that_cannot_be_used(site: Server, get: Get, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(FetchError, match="that of the proxy for it, cannot be used") as told:
        get()
    assert "secret" not in str(told.value)


def _files() -> list[object]:
    return list(FETCHABLE[stand_in.NAME].files)
