"""Destinations that are not a folder: a real SFTP server, and a store that cannot rename."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import fsspec
import pytest
from exports_world import World, column

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import verify
from runner.exports.destination import Destination


@pytest.fixture()
def sftp(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An SFTP server on loopback: its URL and the folder behind it."""
    root = tmp_path / "server"
    root.mkdir()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("crm", "secret")

    def files(channel: Any) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root).encode())

    async def listen() -> asyncssh.SSHAcceptor:
        key = asyncssh.generate_private_key("ssh-ed25519")
        return await asyncssh.create_server(
            Server, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=files
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    port = server.get_port()
    yield f"sftp://crm:secret@127.0.0.1:{port}/drop/newsletter", root / "drop" / "newsletter"

    async def stop() -> None:
        server.close()
        sessions = asyncio.all_tasks() - {asyncio.current_task()}
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture()
def memory() -> Iterator[str]:
    """A store without renames; it lives in this process."""
    url = f"memory://bucket-{id(object())}/newsletter"
    yield url
    fs, root = fsspec.core.url_to_fs(url)
    if fs.exists(root):
        fs.rm(root, recursive=True)


def people(world: World) -> None:
    world.say("ann@example.com", "granted")
    world.say("bob@example.com", "granted")
    world.build()


def test_sftp(base: Project, tmp_path: Path, sftp: tuple[str, Path]) -> None:
    url, folder = sftp
    world = World(base, tmp_path / "project", destination=url)
    people(world)
    assert world.deliver().status == "delivered"
    world.say("ann@example.com", "denied")
    world.build()
    outcome = world.deliver()
    assert outcome.counts == {"full": 1, "added": 0, "removed": 1}
    first, second = sorted(path for path in folder.iterdir() if path.is_dir())
    assert column(first / "full.csv") == ["ann@example.com", "bob@example.com"]
    assert column(second / "removed.csv") == ["ann@example.com"]
    assert verify.verify(f"{url}/{second.name}").problems == []
    # the warehouse is lost, and rebuilt from what is there
    for table in ("deliveries", "delivered_members"):
        world.execute(f"delete from {table}")
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 0, "removed": 0}


def test_sftp_that_loses_bytes(
    base: Project, tmp_path: Path, sftp: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = sftp
    world = World(base, tmp_path / "project", destination=url)
    people(world)

    def short(self: Any, local: str, remote: str, **options: Any) -> None:
        with self.open(remote, "wb") as file:
            file.write(Path(local).read_bytes()[:-1])

    from fsspec.implementations.sftp import SFTPFileSystem

    with monkeypatch.context() as patch:
        patch.setattr(SFTPFileSystem, "put_file", short)
        with pytest.raises(ExportError, match="did not arrive as it was sent"):
            world.deliver()
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []
    assert world.outstanding() == set()
    assert world.deliver().status == "delivered"
    assert list(folder.glob(".partial*")) == []


def test_sftp_that_is_not_there(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path / "p", destination="sftp://crm:secret@127.0.0.1:9/drop")
    people(world)
    with pytest.raises(
        ExportError, match=r"The destination sftp://127.0.0.1:9/drop cannot be reached"
    ):
        world.deliver()


def test_store_without_renames(base: Project, tmp_path: Path, memory: str) -> None:
    world = World(base, tmp_path, destination=memory)
    people(world)
    assert world.deliver().status == "delivered"
    place = Destination(memory, tmp_path)
    (name,) = place.deliveries()
    assert place.latest() == name
    assert verify.verify(f"{memory}/{name}").problems == []


@pytest.mark.parametrize("arrived", range(6))
def test_upload_that_stops(
    base: Project, tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch, arrived: int
) -> None:
    """However many files have arrived, there is no delivery before the last one has."""
    world = World(base, tmp_path, destination=memory)
    people(world)
    sent = []

    def send(self: Destination, path: Path, to: str) -> None:
        if len(sent) == arrived:
            raise ExportError("the line is gone")
        sent.append(path.name)
        real(self, path, to)

    real = Destination._send
    place = Destination(memory, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Destination, "_send", send)
        with pytest.raises(ExportError, match="the line is gone"):
            world.deliver()
    assert place.deliveries() == []
    assert "certificate.json" not in sent
    world.say("ann@example.com", "denied")
    world.build()
    assert world.deliver().counts == {"full": 1, "added": 1, "removed": 0}
    assert len(place.deliveries()) == 1


def test_a_protocol_that_is_not_installed(base: Project, tmp_path: Path) -> None:
    world = World(base, tmp_path)
    people(world)
    world.export = dataclasses.replace(world.export, destination="nowhere://bucket/x")
    with pytest.raises(ExportError, match="The destination nowhere://bucket/x cannot be opened"):
        world.deliver()
