"""Dates of certificates and revocation lists as Python's cryptography reads them: all in UTC, without a time zone.

Its older versions (Debian 12) have only names without `_utc`, its newer ones (Debian 13) warn of those.
"""
import datetime


def now():
    """To the second, as certificates have it."""
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)


def _date(read, field):
    if hasattr(type(read), f"{field}_utc"):
        return getattr(read, f"{field}_utc").replace(tzinfo=None)
    return getattr(read, field)


def not_before(certificate):
    return _date(certificate, "not_valid_before")


def not_after(certificate):
    return _date(certificate, "not_valid_after")


def this_update(revocation_list):
    return _date(revocation_list, "last_update")


def next_update(revocation_list):
    return _date(revocation_list, "next_update")


def revoked_at(entry):
    return _date(entry, "revocation_date")
