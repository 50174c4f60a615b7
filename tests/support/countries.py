"""Writes the databases of tests/data/countries with the maintained writer of the format.

    python3 -m venv venv && venv/bin/pip install mmdb-writer==0.2.7
    venv/bin/python tests/support/countries.py tests/data/countries

The addresses are those that RFC 5737 and RFC 3849 set aside for examples.
"""

import pathlib
import sys

from mmdb_writer import MMDBWriter
from netaddr import IPSet

HERE = {
    "192.0.2.0/24": {"country": {"iso_code": "US", "names": {"en": "United States"}}},
    "198.51.100.0/25": {"country": {"iso_code": "FR"}, "registered_country": {"iso_code": "US"}},
    # Assigned in the US, and used nobody knows where.
    "198.51.100.128/25": {"registered_country": {"iso_code": "US"}},
    "203.0.113.0/24": {"country": {"iso_code": "XX"}},
    "2001:db8:1::/48": {"country": {"iso_code": "US"}},
    "2001:db8:2::/48": {"country": {"iso_code": "FR"}},
    # Nobody in particular, whatever a file says.
    "10.0.0.0/8": {"country": {"iso_code": "US"}},
    "127.0.0.0/8": {"country": {"iso_code": "US"}},
}
SWAPPED = {"US": "FR", "FR": "US"}


def write(place, name, version, records):
    writer = MMDBWriter(ip_version=version, ipv4_compatible=version == 6, database_type=f"Test-{name}", languages=["en"],
                        description={"en": "made for tests"})
    for network, record in records.items():
        if version == 6 or ":" not in network:
            writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(place / f"{name}.mmdb"))


def other(record):
    country = dict(record.get("country", {}))
    if country.get("iso_code") in SWAPPED:
        country["iso_code"] = SWAPPED[country["iso_code"]]
    return {**record, **({"country": country} if country else {})}


def main():
    place = pathlib.Path(sys.argv[1])
    write(place, "first", 6, HERE)
    write(place, "second", 6, {network: other(record) for network, record in HERE.items()})
    write(place, "version-4", 4, HERE)
    write(place, "networks", 6, {"192.0.2.0/24": {"autonomous_system_number": 64496}})
    # What some free databases hold: a text where the format of others has a table.
    write(place, "flat", 6, {"192.0.2.0/24": {"country": "US"}})


main()
