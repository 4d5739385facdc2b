"""How a notice reaches a mail server or a webhook."""

import hashlib
import hmac
import smtplib
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from leasehold import __version__
from leasehold.lab.config.load import Config
from leasehold.lab.config.notices import MailConfig, WebhookConfig, secret_in
from leasehold.lab.notices.courier import Courier, Refused, Send, Undelivered
from leasehold.lab.notices.notice import Notice, message_of
from leasehold.store import Database

_MAIL_SECONDS = 30.0
SIGNATURE = "leasehold-signature"
"""``t=SECONDS,v1=HEX``: HMAC-SHA256 with the secret over ``SECONDS.BODY``, so that an old body cannot
be sent again as a new one."""


class _NoRedirect(HTTPRedirectHandler):
    """Where one leads was named by nobody here: its status is the answer."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = build_opener(_NoRedirect)


def couriers(config: Config, database: Database) -> list[Courier]:
    """One for each target of a configuration."""
    found = []
    if config.mail is not None:
        password = secret_in(config.mail.password_file, config.path)
        send = by_mail(config.mail, password)
        found.append(Courier("mail", database, config.mail.events, send))
    for name, webhook in config.webhooks.items():
        secret = secret_in(webhook.secret_file, config.path)
        send = by_webhook(webhook, secret, time.time)
        found.append(Courier(f"webhook {name}", database, webhook.events, send))
    return found


def by_mail(mail: MailConfig, password: str | None) -> Send:
    """E-mail to the owner of the lease; a notice without a reader is no mail."""

    def send(notice: Notice) -> None:
        message = message_of(notice, mail)
        if message is None:
            return
        try:
            with _connected(mail, password) as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            kind = Refused if all(code >= 500 for code in codes) else Undelivered
            raise kind(f"{message['To']}: {codes[0]}") from None
        except smtplib.SMTPAuthenticationError as error:
            raise Undelivered(
                f"{mail.host} does not accept the password ({error.smtp_code})"
            ) from None
        except smtplib.SMTPResponseException as error:
            kind = Refused if error.smtp_code >= 500 else Undelivered
            raise kind(f"{mail.host}: {error.smtp_code} {error.smtp_error!r}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(f"{mail.host}: {error or type(error).__name__}") from None

    return send


def _connected(mail: MailConfig, password: str | None) -> smtplib.SMTP:
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if mail.tls == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_MAIL_SECONDS, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=_MAIL_SECONDS)
    try:
        if mail.tls == "starttls":
            server.starttls(context=context)
        if mail.username is not None and password is not None:
            server.login(mail.username, password)
    except BaseException:
        server.close()
        raise
    return server


def by_webhook(webhook: WebhookConfig, secret: str | None, now: Callable[[], float]) -> Send:
    """POST of the notice as JSON. 2xx is delivered; 408, 425, 429 and 5xx are tried again."""

    def send(notice: Notice) -> None:
        body = msgspec.json.encode(notice)
        headers = {"content-type": "application/json", "user-agent": f"leasehold/{__version__}"}
        if secret is not None:
            headers[SIGNATURE] = signature(secret, body, int(now()))
        request = Request(webhook.url, body, headers, method="POST")  # noqa: S310 - checked: http(s)
        try:
            with _opener.open(request, timeout=webhook.timeout):
                return
        except HTTPError as error:
            passing = error.code in (408, 425, 429) or error.code >= 500
            error.close()
            raise (Undelivered if passing else Refused)(f"it answers {error.code}") from None
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", None) or error
            raise Undelivered(f"{type(error).__name__}: {why}") from None

    return send


def signature(secret: str, body: bytes, at: int) -> str:
    """What `SIGNATURE` holds for a body that is sent at a moment, in Unix seconds."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
