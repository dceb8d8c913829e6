"""The servers that are compared: ours, Orthanc, and the floors: nginx for reads, a sink that syncs what it is sent for stores."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server of {url} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


class Server:
    def __init__(self, name, command, base, root, folder):
        self.name, self.base, self.root = name, base, root
        log = open(folder / f"{name}.log", "wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(base, self.process)

    def _members(self):
        """The process and its children (nginx has workers)."""
        pids = [self.process.pid]
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                    if int(fields[1]) == self.process.pid:
                        pids.append(int(entry.name))
                except OSError:
                    continue
        return pids

    def cpu_seconds(self):
        ticks = 0
        for pid in self._members():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak_memory_mb(self):
        total = 0
        for pid in self._members():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    total += int(line.split()[1]) / 1024
        return total

    def stop(self):
        self.process.terminate()
        self.process.wait()


def isocenter(binary, folder):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [binary, "serve", "--port", str(port), "--data", str(folder / "isocenter"), "--set", "log.requests=false"]
    return Server("isocenter", command, base + "/health/live", base + "/dicom-web", folder)


def orthanc(folder):
    port = free_port()
    settings = {
        "Name": "bench", "StorageDirectory": str(folder / "orthanc"), "IndexDirectory": str(folder / "orthanc"),
        "HttpPort": port, "DicomPort": free_port(), "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "StableAge": 600, "Plugins": ["/usr/share/orthanc/plugins"], "OverwriteInstances": False,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}}
    (folder / "orthanc.json").write_text(json.dumps(settings))
    base = f"http://127.0.0.1:{port}"
    return Server("orthanc", ["Orthanc", str(folder / "orthanc.json")], base + "/system", base + "/dicom-web", folder)


def nginx(folder):
    port = free_port()
    files = folder / "nginx"
    files.mkdir(exist_ok=True)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"""
        daemon off; {user} worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
        events {{ worker_connections 1024; }}
        http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=1000;
               client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
               uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
               server {{ listen 127.0.0.1:{port}; root {files}; }} }}""")
    base = f"http://127.0.0.1:{port}"
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    server = Server("nginx", [program, "-c", str(folder / "nginx.conf")], base, base, folder)
    server.files = files
    return server


def synced_sink(folder):
    source, program = pathlib.Path(__file__).with_name("synced_sink.cpp"), ROOT / "build/synced_sink"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["c++", "-std=c++20", "-O2", "-pthread", "-o", program, source], check=True)
    port, files = free_port(), folder / "sink"
    files.mkdir()
    base = f"http://127.0.0.1:{port}"
    return Server("sink", [program, str(port), files], base, base, folder)
