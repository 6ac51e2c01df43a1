"""GET over HTTPS: certificates that the system trusts, proxies that it names, redirects that stay safe."""

import ipaddress
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import unquote, urljoin, urlsplit

import truststore
import urllib3
from urllib3 import exceptions as problems

from miles_deep.errors import FetchError
from miles_deep.model.fetch.patience import Patience
from miles_deep.model.fetch.prompt import POOLS, prompt

MAX_REDIRECTS = 5
"""Browsers follow twenty; GitHub needs one."""


class Passing(Exception):
    """Something went wrong that may go well at the next try."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait
        """Seconds that the server asks to wait before it."""


@contextmanager
def answer(url: str, headers: Mapping[str, str], patience: Patience) -> Iterator[urllib3.BaseHTTPResponse]:
    """What a server answers to GET, its body not yet read; redirects are followed.

    What urllib3 finds wrong while the block reads the body is told in the same way:

    Raises:
        Passing: it may go well at the next try.
        FetchError: it will not.
    """
    plain = url.startswith("http://")
    with ExitStack() as opened:
        for _ in range(MAX_REDIRECTS + 1):
            _check(url, plain)
            with _explained(url):
                response = opened.enter_context(_pool(url, patience)).request(
                    "GET", url, headers=headers, redirect=False, retries=False, preload_content=False
                )
                opened.callback(response.close)
                location = response.get_redirect_location()
                if not location:
                    yield response
                    return
                url = _joined(url, location)
    raise FetchError(f"{shown(url)}: more than {MAX_REDIRECTS} redirects")


def read_piece(response: urllib3.BaseHTTPResponse, most: int, patience: Patience) -> bytes:
    """The next bytes of a body as they come, none at its end; in the block of `answer`."""
    if response.closed:  # as it is once the last byte was read
        return b""
    with prompt(response.fileno(), patience.silence):  # before a byte of the body there may be much of its framing
        return response.read1(most, decode_content=False)


def shown(url: str) -> str:
    """An address for messages: on one line, clipped, and without a password that stands in it."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    text = f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
    return (text if len(text) <= 160 else text[:157] + "...").encode("unicode_escape").decode()


def _joined(url: str, location: str) -> str:
    """Where a redirect leads."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise FetchError(f"{shown(url)}: redirects to no address") from error


def _check(url: str, plain: bool) -> None:
    """Refuse every address but HTTPS; where the first was HTTP, HTTP to this machine as well."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" and bool(parts.hostname)
        here = plain and parts.scheme == "http" and _is_loopback(parts.hostname)
    except ValueError as error:
        raise FetchError(f"{shown(url)}: no address") from error
    if not (secure or here):
        raise FetchError(f"{shown(url)}: nothing is fetched but by https")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _pool(url: str, patience: Patience) -> urllib3.PoolManager:
    """Connections straight to an address's host, or by the proxy that the environment or the system has for it."""
    parts = urlsplit(url)
    timeout = urllib3.Timeout(connect=patience.connect, read=patience.silence)
    trust = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return _prompt(urllib3.PoolManager(timeout=timeout, ssl_context=trust))
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    login = urlsplit(proxy).netloc.rpartition("@")[0]
    headers = urllib3.make_headers(proxy_basic_auth=unquote(login)) if login else None
    return _prompt(urllib3.ProxyManager(proxy, proxy_headers=headers, timeout=timeout, ssl_context=trust))


def _prompt(pool: urllib3.PoolManager) -> urllib3.PoolManager:
    pool.pool_classes_by_scheme = POOLS
    return pool


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Tell urllib3's errors in one line."""
    where = shown(url)
    try:
        yield
    except problems.SSLError as error:
        if isinstance(error.args[0], ssl.SSLCertVerificationError):
            raise FetchError(
                f"{where}: its certificate is not trusted ({error.args[0].verify_message})"
            ) from error
        raise Passing(f"{where}: no secure connection ({_short(error)})") from error
    except problems.LocationValueError as error:  # not quoted: a proxy's may hold a password
        raise FetchError(f"{where}: this address, or that of the proxy for it, cannot be used") from error
    except problems.ProxyError as error:
        raise Passing(f"{where}: the proxy does not let it through ({_short(error.original_error)})") from error
    except problems.NameResolutionError as error:
        raise Passing(f"{where}: its host is not found (is there a network?)") from error
    except problems.NewConnectionError as error:
        raise Passing(f"{where}: cannot be reached ({_short(error.__cause__ or error)})") from error
    except problems.TimeoutError as error:
        raise Passing(f"{where}: does not answer") from error
    except problems.HTTPError as error:
        raise Passing(f"{where}: the connection broke") from error


def _short(error: BaseException) -> str:
    """What an error says, without the objects that urllib3 names in it."""
    text = getattr(error, "strerror", None) or str(error).rpartition(": ")[2]
    return str(text)[:160].encode("unicode_escape").decode()
