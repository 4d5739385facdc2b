"""Sends calls: one session and one token for all services of a connection, from any thread."""

import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from keystoneauth1 import exceptions as keystone
from keystoneauth1.session import Session

from leasehold import __version__
from leasehold.openstack.adapter import Adapter
from leasehold.openstack.badge import REFUSED_AS_GIVEN, Badge
from leasehold.openstack.call import Answer, Call, ServiceType
from leasehold.openstack.catalog import ANY, Endpoint, choose, endpoints_of
from leasehold.openstack.debug_log import RecordingAdapter
from leasehold.openstack.edge import failure, refusal
from leasehold.openstack.errors import OpenStackError, SettingsError
from leasehold.openstack.microversion import Version
from leasehold.openstack.redaction import Redactor
from leasehold.openstack.retry import delay_before_retry
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import Settings
from leasehold.openstack.sign_in import Identity
from leasehold.openstack.stream import Sending, Stream
from leasehold.openstack.versions import Place, place_of, versions_in

FORCED_URL_WRONG = (
    "nothing of {service} is at the address that was given for it (ex_force_base_url, endpoints= ...): "
    "it is probably the authentication URL, or lacks the project's id at its end. It says: {said}"
)

_LOST = (keystone.ClientException, requests.RequestException, urllib3.exceptions.HTTPError)


class Transport:
    """The way to one cloud.

    `random` gives 0 <= x < 1, for the jitter of retries. `pause` sits out the seconds before one,
    and says whether it was broken off; left out, it ends when the transport is closed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        random: Callable[[], float],
        adapter: requests.adapters.BaseAdapter | None = None,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self._settings = settings
        self._random = random
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        self._session = _session(settings, adapter)
        self._badge = Badge(settings.sign_in, self._session, settings.token_cache)
        self._catalog: tuple[Endpoint, ...] | None = None
        self._places: dict[ServiceType, Place] = {}
        self._proven: set[ServiceType] = set()
        """Services that have answered a call with what was asked for."""

    def send(self, call: Call) -> Answer:
        """Send a call and give its answer, of status 2xx.

        Raises a leaf of `OpenStackError`. Retries as `delay_before_retry` says, and once more with
        a new token after a 401, before which nothing can have happened.
        """
        attempt = 0
        unsure = False
        while True:
            attempt += 1
            try:
                return self._send_once(call)
            except OpenStackError as error:
                delay = delay_before_retry(
                    call,
                    error,
                    attempt,
                    retries=self._settings.retries,
                    random=self._random,
                    first_delay=self._settings.retry_delay,
                    backoff=self._settings.backoff,
                )
                unsure = unsure or error.unsure
                # An earlier attempt may have worked, whatever the last one was told.
                error.unsure = unsure
                if delay is None or self._pause(delay):
                    raise

    def _send_once(self, call: Call) -> Answer:
        url = self.endpoint(call.service) + call.path
        token = self._badge.headers()
        answer = self._exchange(call, url, token)
        if answer.status == 401 and self._badge.renew(token):
            answer = self._exchange(call, url, self._badge.headers())
        if answer.status >= 300:
            error = refusal(answer, service=call.service, method=call.method)
            raise self._explained(call, error)
        self._proven.add(call.service)
        return answer

    def _explained(self, call: Call, error: OpenStackError) -> OpenStackError:
        """Say what the settings have to do with it, where the cloud cannot know."""
        given = self._settings.sign_in.is_given_token
        if error.status == 401 and given:
            error.message = f"{REFUSED_AS_GIVEN}. The cloud says: {error.message}"
        forced = call.service in self._settings.endpoints and call.service not in self._proven
        at_the_door = call.path.removesuffix("/detail").count("/") <= 1
        if error.status == 404 and forced and at_the_door:
            error.message = FORCED_URL_WRONG.format(service=call.service, said=error.message)
        return error

    def stream(self, call: Call, *, body: Sending | None = None) -> Stream:
        """Send a call whose body, or that of the answer, is too large for memory.

        Raises as `send` does. Not repeated, for a body is gone once it is sent; a call without one
        is sent once more with a new token after a 401.
        """
        url = self.endpoint(call.service) + call.path
        token = self._badge.headers()
        response = self._open(call, url, token, body)
        if response.status_code == 401 and body is None and self._badge.renew(token):
            response.close()
            response = self._open(call, url, self._badge.headers(), body)
        if response.status_code >= 300:
            answer = _read(response, call, url)
            raise self._explained(call, refusal(answer, service=call.service, method=call.method))
        self._proven.add(call.service)
        return Stream(response, call, url)

    def _exchange(self, call: Call, url: str, token: dict[str, str]) -> Answer:
        return _read(self._open(call, url, token, call.body), call, url)

    def _open(
        self, call: Call, url: str, token: dict[str, str], body: bytes | Sending | None
    ) -> requests.Response:
        """Send a request, and read the head of its answer."""
        headers = {"Accept": "application/json", **token, **dict(call.headers)}
        if call.body is not None:
            headers.setdefault("Content-Type", "application/json")
        outside = sys.exception()
        try:
            # Not logged: bodies hold passwords and user-data, and telling them apart costs time.
            # No retries of keystoneauth's: they repeat a POST whose answer was lost.
            return self._session.request(  # type: ignore[no-any-return]  # keystoneauth is untyped
                url,
                call.method,
                authenticated=False,
                raise_exc=False,
                log=False,
                params=call.query,
                data=body,
                headers=headers,
                stream=True,
            )
        except _LOST as error:
            raise failure(
                error, outside=outside, service=call.service, method=call.method, url=url
            ) from error

    def endpoint(self, service: ServiceType) -> str:
        """Give the URL that the paths of a service are put on. Raises as `version` does."""
        return self._place(service).url

    def version(self, service: ServiceType) -> Version:
        """Give the API version of the endpoint in use: (1, 1), (2, 0) or (2, 1) for compute ...

        Raises `EndpointMissing`, what a sign-in raises, and, if the service has to be asked for its
        versions, what a call raises.
        """
        return self._place(service).version

    def _place(self, service: ServiceType) -> Place:
        if (place := self._places.get(service)) is None:
            place = self._places[service] = place_of(
                self._settings.endpoints.get(service) or self._chosen(service).url,
                service,
                project_id=lambda: self.identity().project_id,
                offered=lambda url: self._offered(service, url),
            )
        return place

    def _offered(self, service: ServiceType, url: str) -> tuple[Version, ...]:
        """Ask for the list of versions, which a service shows to everybody.

        One that is not well is not taken for one that does not say: the call fails, and the next
        one asks again.
        """
        call = Call(service=service, method="GET", path="/", repeatable=True)
        answer = self._exchange(call, url + call.path, token={})
        if answer.status == 429 or answer.status >= 500:
            raise refusal(answer, service=service, method=call.method)
        return versions_in(answer.content)

    def _chosen(self, service: ServiceType) -> Endpoint:
        return choose(
            self.catalog,
            service,
            region=self._settings.region,
            usual_region=self._settings.usual_region,
            interface=self._settings.interface,
            wish=self._settings.wishes.get(service, ANY),
        )

    @property
    def catalog(self) -> tuple[Endpoint, ...]:
        """What Keystone's catalog offered at the first sign-in."""
        if self._catalog is None:
            access = self._badge.access()
            self._catalog = endpoints_of(access) if access else ()
        return self._catalog

    def token(self) -> Secret:
        """Give the token in use, to hand on to another program; signs in if need be."""
        return self._badge.token()

    def identity(self) -> Identity:
        """Tell who we are to the cloud; signs in if need be, and raises what that raises."""
        return self._badge.identity()

    def close(self) -> None:
        """Close idle connections, and end the waiting of retries under way."""
        self._closed.set()
        self._session.close()


def _read(response: requests.Response, call: Call, url: str) -> Answer:
    """Read the body of an answer. Raises what a lost connection raises."""
    outside = sys.exception()
    try:
        # At one go: requests' own way reads 10 KB at a time, and takes longer than decoding.
        content: bytes = response.raw.read(decode_content=True)
    except _LOST as error:
        raise failure(
            error, outside=outside, service=call.service, method=call.method, url=url
        ) from error
    return Answer(
        status=response.status_code,
        headers=response.headers,
        content=content,
        url=url,
        elapsed=response.elapsed.total_seconds(),
    )


def _session(settings: Settings, adapter: requests.adapters.BaseAdapter | None) -> Session:
    _check_files(settings)
    session = Session(
        verify=settings.verify,
        cert=settings.cert,
        user_agent=f"leasehold/{__version__}",
        redirect=False,  # token and password would be sent on to wherever it leads
    )
    # The constructor takes one number for both; requests takes connect and read apart.
    session.timeout = (settings.connect_timeout, settings.timeout)
    proxy_url = settings.proxy_url.reveal() if settings.proxy_url else None
    way = adapter or Adapter(proxy_url=proxy_url)
    if settings.debug:
        options = settings.sign_in.options.values()
        secrets = [value.reveal() for value in options if isinstance(value, Secret)]
        secrets += [urlsplit(proxy_url).password or ""] if proxy_url else []
        way = RecordingAdapter(way, settings.debug, Redactor(secrets))
    for scheme in ("https://", "http://"):
        session.mount(scheme, way)
    return session


def _check_files(settings: Settings) -> None:
    """Miss a file now: requests would do so in the middle of the first call."""
    certificate, key = settings.cert if isinstance(settings.cert, tuple) else (settings.cert, None)
    for name, path in (("cacert", settings.verify), ("cert", certificate), ("key", key)):
        if isinstance(path, str) and not Path(path).exists():
            raise SettingsError(f"{name} names no file that is there: {path}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(settings.verify, str) and not Path(settings.verify).is_dir():
        allowed = "a file of CA certificates in PEM"
        _read_in("cacert", settings.verify, allowed, context.load_verify_locations)
    if certificate is not None:
        allowed = "a client certificate in PEM with its key, which no passphrase locks"
        _read_in("cert", certificate, allowed, lambda path: context.load_cert_chain(path, key, ""))


def _read_in(name: str, path: str, allowed: str, read: Callable[[str], None]) -> None:
    try:
        read(path)
    except ssl.SSLError as error:
        why = (error.reason or "no PEM can be read from it").replace("_", " ").lower()
        raise SettingsError(f"{name} is {path}: {why}; allowed: {allowed}") from None
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise SettingsError(f"{name} is {path}: {why}; allowed: {allowed}") from None
