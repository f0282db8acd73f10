"""
A file system that forgets: after a loss of power it has what was synced, and nothing that anybody may rely on besides.

    python3 forgetful-disk.py <platter> <mount point> [--lose-power-at N] [--keep-some SEED]
    python3 forgetful-disk.py --try <folder>        exits 0 where such a disk can be mounted

Bytes of a file survive by fsync of the file, and names in a folder by fsync of the folder: neither brings the other. The
folder <platter> holds what survived; it is read at the start and written when the power goes: instead of the N-th change or
sync, or at `lose-power` on standard input. With --keep-some each change that was not synced survives or not by itself, as
disks reorder. Says `ready` once it is mounted; unmounts when standard input ends.

Needs FUSE, and fusepy (Debian: python3-fusepy).
"""

import argparse
import errno
import os
import random
import stat
import subprocess
import sys
import tempfile
import threading

try:
    from fusepy import FUSE, FuseOSError, Operations
except ImportError:
    from fuse import FUSE, FuseOSError, Operations


class File:
    def __init__(self, content=b""):
        self.content = bytearray(content)
        self.synced = bytes(content)
        # What happened since, in order: (position, bytes), or (length, None) for a cut.
        self.changes = []

    def write(self, data, position):
        self.changes.append((position, data))
        put(self.content, data, position)

    def truncate(self, length):
        self.changes.append((length, None))
        cut(self.content, length)

    def sync(self):
        self.synced = bytes(self.content)
        self.changes = []

    def survivor(self, is_kept):
        content = bytearray(self.synced)
        for position, data in filter(is_kept, self.changes):
            cut(content, position) if data is None else put(content, data, position)
        return content


class Folder:
    def __init__(self, entries=()):
        self.entries = dict(entries)
        self.synced = dict(entries)

    def sync(self):
        self.synced = dict(self.entries)

    def survivors(self, is_kept):
        survivors = dict(self.synced)
        for name in sorted(set(self.synced) | set(self.entries)):
            if self.synced.get(name) is not self.entries.get(name) and is_kept(name):
                survivors[name] = self.entries.get(name)
        return {name: node for name, node in survivors.items() if node is not None}


def put(content, data, position):
    content.extend(bytes(max(0, position - len(content))))
    content[position : position + len(data)] = data


def cut(content, length):
    del content[length:]
    content.extend(bytes(length - len(content)))


def load(path):
    if not os.path.isdir(path):
        with open(path, "rb") as file:
            return File(file.read())
    return Folder({name: load(os.path.join(path, name)) for name in os.listdir(path)})


def save(folder, path, is_kept):
    survivors = folder.survivors(is_kept)
    for name in set(os.listdir(path)) - set(survivors):
        subprocess.run(["rm", "-r", os.path.join(path, name)], check=True)
    for name, node in survivors.items():
        inner = os.path.join(path, name)
        if isinstance(node, Folder):
            os.makedirs(inner, exist_ok=True)
            save(node, inner, is_kept)
        else:
            with open(inner, "wb") as file:
                file.write(node.survivor(is_kept))


class ForgetfulDisk(Operations):
    def __init__(self, platter, lose_power_at, seed):
        self.platter = platter
        self.root = load(platter)
        self.left = lose_power_at
        self.random = None if seed is None else random.Random(seed)
        self.open_files = {}

    def lose_power(self):
        is_kept = (lambda _: False) if self.random is None else (lambda _: self.random.random() < 0.5)
        save(self.root, self.platter, is_kept)
        os._exit(0)

    def count(self):
        """Before each change and sync."""
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.lose_power()

    def find(self, path):
        node = self.root
        for name in filter(None, path.split("/")):
            node = node.entries.get(name) if isinstance(node, Folder) else None
            if node is None:
                raise FuseOSError(errno.ENOENT)
        return node

    def place(self, path):
        folder, name = os.path.split(path)
        return self.find(folder), name

    def file(self, path, handle):
        return self.open_files[handle] if handle in self.open_files else self.find(path)

    def opened(self, file):
        handle = max(self.open_files, default=0) + 1
        self.open_files[handle] = file
        return handle

    def init(self, path):
        print("ready", flush=True)

    def getattr(self, path, fh=None):
        node = self.file(path, fh)
        is_folder = isinstance(node, Folder)
        return {
            "st_mode": stat.S_IFDIR | 0o700 if is_folder else stat.S_IFREG | 0o600,
            "st_nlink": 2 if is_folder else 1,
            "st_size": 0 if is_folder else len(node.content),
            "st_uid": os.getuid(),
            "st_gid": os.getgid(),
        }

    def readdir(self, path, fh):
        return [".", "..", *self.find(path).entries]

    def chmod(self, path, mode):
        self.find(path)

    def mkdir(self, path, mode):
        self.count()
        folder, name = self.place(path)
        folder.entries[name] = Folder()

    def create(self, path, mode, fi=None):
        self.count()
        folder, name = self.place(path)
        folder.entries[name] = File()
        return self.opened(folder.entries[name])

    def open(self, path, flags):
        return self.opened(self.find(path))

    def read(self, path, size, offset, fh):
        return bytes(self.file(path, fh).content[offset : offset + size])

    def write(self, path, data, offset, fh):
        self.count()
        self.file(path, fh).write(data, offset)
        return len(data)

    def truncate(self, path, length, fh=None):
        self.count()
        self.file(path, fh).truncate(length)

    def fsync(self, path, datasync, fh):
        self.count()
        self.file(path, fh).sync()

    def fsyncdir(self, path, datasync, fh):
        self.count()
        self.find(path).sync()

    def release(self, path, fh):
        self.open_files.pop(fh, None)

    def unlink(self, path):
        self.count()
        folder, name = self.place(path)
        del folder.entries[name]

    rmdir = unlink

    def rename(self, old, new):
        self.count()
        old_folder, old_name = self.place(old)
        new_folder, new_name = self.place(new)
        new_folder.entries[new_name] = old_folder.entries.pop(old_name)


def obey(disk, mount_point):
    """A test that is gone leaves no mount behind."""
    for line in sys.stdin:
        if line == "lose-power\n":
            disk.lose_power()
    subprocess.run(["umount", "-l", mount_point], stderr=subprocess.DEVNULL)
    os._exit(0)


def mount(disk, mount_point):
    # Every write goes out at once and nothing is remembered by the kernel, so that each is seen and counted.
    now = {"direct_io": True, "attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0}
    # One at a time, in chunks of 128 KiB, and a deleted file is read on without a new name.
    FUSE(disk, mount_point, foreground=True, nothreads=True, big_writes=True, hard_remove=True, **now)


def attempt(folder):
    """Whether a mount works is known by mounting."""
    with tempfile.TemporaryDirectory(dir=folder) as there:
        platter, mount_point = os.path.join(there, "platter"), os.path.join(there, "mount")
        os.mkdir(platter)
        os.mkdir(mount_point)
        child = [sys.executable, __file__, platter, mount_point]
        with subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            is_mounted = process.stdout.readline() == b"ready\n" and os.path.ismount(mount_point)
            process.stdin.close()
        return 0 if is_mounted else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--try", dest="try_in")
    parser.add_argument("--lose-power-at", type=int)
    parser.add_argument("--keep-some", type=int)
    parser.add_argument("folders", nargs="*")
    options = parser.parse_args()
    if options.try_in is not None:
        sys.exit(attempt(options.try_in))
    platter, mount_point = options.folders
    disk = ForgetfulDisk(platter, options.lose_power_at, options.keep_some)
    threading.Thread(target=obey, args=(disk, mount_point), daemon=True).start()
    mount(disk, mount_point)


main()
