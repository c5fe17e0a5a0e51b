"""Small images for the gate: a Debian 13 and an Amazon Linux 2023 with chosen packages, as OCI layouts."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fakes.oci import write_layout
from fakes.rpmdb import Rpm, rpm_database

SITE_PACKAGES = "var/lang/lib/python3.13/site-packages"


def debian_13(packages: Mapping[str, str]) -> dict[str, bytes]:
    """A layer of Debian 13 whose dpkg knows these packages (name to version, source of the same name)."""
    status = "\n".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nMaintainer: Debian\n"
        for name, version in packages.items()
    )
    release = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n'
    return {
        "etc/os-release": release.encode(),
        "etc/debian_version": b"13.7\n",
        "var/lib/dpkg/status": status.encode(),
    }


def amazon_linux_2023(packages: Iterable[Rpm]) -> dict[str, bytes]:
    """A layer of Amazon Linux 2023 whose RPM database knows these packages."""
    release = 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n'
    return {
        "etc/os-release": release.encode(),
        "usr/lib/system-release": b"Amazon Linux release 2023.9.20251110 (Amazon Linux)\n",
        "var/lib/rpm/rpmdb.sqlite": rpm_database(packages),
    }


def python_packages(packages: Mapping[str, str]) -> dict[str, bytes]:
    """A layer with the metadata of these installed distributions (name to version)."""
    return {
        f"{SITE_PACKAGES}/{name.replace('-', '_')}-{version}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
        )
        for name, version in packages.items()
    }


def write_clean(directory: Path) -> str:
    """Debian 13 and Python packages without a finding; returns the digest."""
    base = debian_13({"openssl": "3.5.7-1~deb13u2", "glibc": "2.41-12+deb13u4"})
    return write_layout(directory, layers=[base, python_packages({"jinja2": "3.1.6"})])


def write_failing(directory: Path) -> str:
    """One CRITICAL in Python (CVE-2020-14343), one HIGH in the OS (CVE-2025-15281), one MEDIUM; returns the digest."""
    base = debian_13({"openssl": "3.5.7-1~deb13u2", "glibc": "2.41-12"})
    return write_layout(directory, layers=[base, python_packages({"PyYAML": "5.3.1", "jinja2": "3.1.3"})])


def write_amazon(directory: Path) -> str:
    """Amazon Linux 2023 with an OpenSSL that has CVE-2025-15467 and a fixed libtasn1; returns the digest."""
    rpms = [
        Rpm("openssl-libs", "3.2.2", "1.amzn2023.0.3", epoch=1),
        Rpm("libtasn1", "4.19.0", "1.amzn2023.0.6"),
        Rpm("glibc", "2.34", "231.amzn2023.0.2"),
    ]
    return write_layout(directory, layers=[amazon_linux_2023(rpms), python_packages({"jinja2": "3.1.6"})])
